"""What the commands that talk to Spruce have in common."""

from contextlib import contextmanager

from explorer.lib.commands import Refused
from outreach import line
from outreach.actions.arming import Disarmed
from outreach.spruce import BadToken, NotConfigured, SpruceError, configured


@contextmanager
def spruce_or_refuse():
    """The client; a failure becomes one sentence with the cure."""
    try:
        spruce = configured()
        line.keep_pace(spruce, patient=True)
        yield spruce
        line.remember_limits(spruce.limits)
    except NotConfigured as problem:
        raise Refused(str(problem)) from None
    except BadToken:
        raise Refused("Spruce does not accept the token. Check SPRUCE_API_TOKEN.") from None
    except (line.Elsewhere, line.Waiting, Disarmed) as problem:
        raise Refused(str(problem)) from None
    except SpruceError as problem:
        raise Refused(f"Spruce could not be used: {problem}") from None
