"""What the commands that talk to Spruce have in common."""

from contextlib import contextmanager

from explorer.lib.commands import Refused
from outreach import line
from outreach.spruce import BadToken, NotConfigured, SpruceError, configured


@contextmanager
def spruce_or_refuse():
    """The client; a failure becomes one sentence with the cure."""
    try:
        yield configured()
    except NotConfigured as problem:
        raise Refused(str(problem)) from None
    except BadToken:
        raise Refused("Spruce does not accept the token. Check SPRUCE_API_TOKEN.") from None
    except line.Elsewhere as problem:
        raise Refused(str(problem)) from None
    except SpruceError as problem:
        raise Refused(f"Spruce could not be used, nothing was changed by this: {problem}") from None
