"""`python -m recorder` is `cs-rec`: through the launcher, with its guards and its error line."""

import sys

from claude_sessions_recorder import rec

sys.exit(rec())
