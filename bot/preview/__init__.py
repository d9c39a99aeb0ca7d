"""Discord on loopback: enough of its API, gateway and files that the bot cannot tell, and a page to see it all."""
