# AMQP 1.0: sends a message with a user and password in clear; then a sign-in that is refused.
from proton import Message
from proton.handlers import MessagingHandler
from proton.reactor import Container

class Sender(MessagingHandler):
    def __init__(self, password):
        super().__init__()
        self.password = password

    def on_start(self, event):
        event.container.container_id = 'pump-3'
        connection = event.container.connect('10.9.0.1:5672', user='guest', password=self.password,
                                             allowed_mechs='PLAIN', allow_insecure_mechs=True, reconnect=False)
        event.container.create_sender(connection, '/queue/telemetry')

    def on_sendable(self, event):
        event.sender.send(Message(body='42'))
        event.sender.close()
        event.connection.close()

    def on_transport_error(self, event):
        print(event.transport.condition)

Container(Sender('guest')).run()
Container(Sender('wrong')).run()
