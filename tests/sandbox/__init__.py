"""The sandbox over real HTTP, with a tiny assistant that receives its webhooks."""
