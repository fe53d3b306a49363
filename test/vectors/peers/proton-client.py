# AMQP 1.0: sends one message without a user, and one with a user and password in clear.
import sys
from proton import Message
from proton.handlers import MessagingHandler
from proton.reactor import Container
class Sender(MessagingHandler):
    def __init__(self, **options):
        super().__init__()
        self.options = options
    def on_start(self, event):
        event.container.container_id = 'pump-3'
        connection = event.container.connect('10.9.0.1:5672', reconnect=False, **self.options)
        event.container.create_sender(connection, 'telemetry')
    def on_sendable(self, event):
        event.sender.send(Message(body='42'))
        event.sender.close()
        event.connection.close()
    def on_transport_error(self, event):
        print(event.transport.condition)
Container(Sender()).run()
Container(Sender(user='pump', password='impeller', allowed_mechs='PLAIN', allow_insecure_mechs=True)).run()
