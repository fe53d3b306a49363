# AMQP 1.0: a server that takes SASL ANONYMOUS and PLAIN.
from proton.handlers import MessagingHandler
from proton.reactor import Container
class Server(MessagingHandler):
    def on_start(self, event):
        event.container.container_id = 'site-broker'
        self.acceptor = event.container.listen('0.0.0.0:5672')
    def on_message(self, event):
        print(event.message.body)
Container(Server()).run()
