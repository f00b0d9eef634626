"""`python -m course_utils.movie`."""

import sys

from .command import main

sys.exit(main())
