"""`python -m bodydouble` is the command `bodydouble`: for where scripts are not on the path."""

import sys

from bodydouble.cli import main

sys.exit(main())
