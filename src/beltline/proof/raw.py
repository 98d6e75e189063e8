"""The yardstick of the benchmarks: `raw.sql` driven with no work between its statements."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from itertools import batched
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit
