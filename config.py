"""Settings of the ICON ML Training Loss Monitor.

Read as a list of `NAME = literal`, never executed. The command line and the environment
(`LOSS_MONITOR_<NAME>`) come before this file. A line with `#` before its name is not in
force: it shows the value of the original system, and the text above it says what holds
instead.
"""

# Server ------------------------------------------------------------------------------

# The original listened everywhere, so that anybody could read along. Now 127.0.0.1: your
# own SSH tunnel and Jupyter proxy reach it without a token, everybody else needs it. With
# any other address a token is needed, and it is in the printed URL.
# SERVER_HOST = "0.0.0.0"

# While this says 5000 and 5000 is taken, the next free port is. Any other number is yours
# alone: if it is taken, starting fails and says whose it is. 0 takes any free one.
SERVER_PORT = 5000

# Data --------------------------------------------------------------------------------

# None: /scratch/<first letter>/<user>/icon_exercise_comin
DATA_DIRECTORY = None

# Least seconds between two looks at the directory. While this says 5 the pace follows the
# data: ten looks a second after a change (one on a network file system), five seconds
# apart when it is quiet.
DATA_UPDATE_INTERVAL = 5

# Event files below runs/ are read.
TENSORBOARD_ENABLED = True

# Job logs to follow beside or instead of a directory: paths, directories, patterns.
JOB_LOGS: list[str] = []

# Number of the Slurm job, "auto" to look for it, "none" to never ask Slurm; None takes it
# from the job log's name.
JOB = None

# Page --------------------------------------------------------------------------------

# Seconds between two questions where the live stream does not get through a proxy.
DASHBOARD_REFRESH_RATE = 5

# Timesteps and batches in an answer of /api/loss/history: usual and largest number.
DEFAULT_HISTORY_LIMIT = 100
MAX_HISTORY_LIMIT = 1000

# Bins of the loss distribution.
HISTOGRAM_BINS = 20

# Rows that the activity log keeps.
MAX_LOG_ENTRIES = 500

# The page has colours of its own, which keep their contrast in the dark and light theme.
# CHART_COLORS = {"primary": "#2563eb", "success": "#16a34a", "danger": "#dc2626"}

# Messages ----------------------------------------------------------------------------

LOG_LEVEL = "INFO"

# In the checkout where the scripts start the monitor, else in its state directory.
LOG_FILE = "dashboard.log"

# Access ------------------------------------------------------------------------------

# The monitor makes a random token itself and keeps it in its state directory.
# SECRET_KEY = "change-me"

# The original let every web page read the interface. Now none may but those named in
# CORS_ORIGINS, such as ["https://example.org"].
# ENABLE_CORS = True
CORS_ORIGINS: list[str] = []

# Name under which `ssh` reaches this node; None: its own name.
PUBLIC_HOST = None

# Further names that a browser may use for this server, such as a proxy's.
ALLOW_HOSTS: list[str] = []

# Web pages of other origins that may show this one in a frame.
FRAME_ANCESTORS: list[str] = []

# A UNIX socket to listen at in place of a port, in a directory that only you can enter.
# SOCKET = "/run/user/1000/loss-monitor.sock"

# HTTPS: a certificate chain and its key, in PEM.
# CERTFILE = "certificate.pem"
# KEYFILE = "key.pem"

# Read what links in the watched directory lead to outside of it.
FOLLOW_SYMLINKS = False

# Of several trainings that wrote to one directory: "newest", "all" as one run, or the start
# of one, as in the name of its runs/experiment_<start>.
RUN_START = "newest"

# What the run is called, and how it differs from others. Better in a run.toml beside the data.
# LABEL = "wide net"
# PARAMS = {"lr": 3e-4, "seed": 1}

# Kept runs -----------------------------------------------------------------------------

# Runs are written to files that outlive their directory: in the state directory, or here.
KEEP_RUNS = True
# KEEP_DIRECTORY = "/work/bb0001/kept-runs"

# Nothing is deleted unless a bound is set.
# KEEP_DAYS = 365
# KEEP_BYTES = 10000000000

# Health --------------------------------------------------------------------------------

# Rules that are not asked, and limits of the others (docs/health.md lists both).
HEALTH_OFF: list[str] = []
HEALTH_LIMITS: dict[str, float] = {}

# A command that is called once for each opened and closed incident, with JSON on its
# standard input.
# ON_ALERT = "/home/m/m300000/bin/tell-me"

# Bounds: whoever goes beyond one is told so, and told to come back. "Each" is one user of
# this node other than you, or one other machine.
MAX_CONNECTIONS = 4096
MAX_CONNECTIONS_EACH = 64
MAX_STREAMS = 2048
MAX_DOWNLOADS = 4

# Bounds on what is read; whatever lies beyond is told in the activity log.
MAX_FILES = 1000000
MAX_LOSS_FILE_BYTES = 1073741824
MAX_TAGS = 20000
MAX_REQUESTS_PER_SECOND = 500
MAX_REQUESTS_PER_SECOND_EACH = 50
MAX_HEADER_BYTES = 16384

# Seconds within which a request's headers have to come.
HEADER_TIMEOUT = 10
