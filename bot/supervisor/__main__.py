"""`python -m bot.supervisor`: the same as `bot run`, without loading the other commands."""

from bot.supervisor.commands import run

if __name__ == "__main__":
    run()
