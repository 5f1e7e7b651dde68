#!/usr/bin/env bash
# A Bugsink of its own: prints DSN= and TOKEN= of a project on it, then serves until it is ended.
# Usage: bugsink.sh VENV FOLDER PORT; `tests/run` makes the virtual environment.
set -euo pipefail
bin=$(realpath "$1")/bin
mkdir -p "$2"
cd "$2"
port=$3

"$bin/bugsink-create-conf" --template local --host 127.0.0.1 --port "$port" -o bugsink_conf.py >/dev/null
cat >>bugsink_conf.py <<'PY'

import os
DATABASES["default"]["NAME"] = os.path.abspath("db.sqlite3")
DATABASES["snappea"]["NAME"] = os.path.abspath("snappea.sqlite3")
BUGSINK.update({
    "PHONEHOME": False,  # by default it tells its vendor
    "VALIDATE_ON_DIGEST": "warn",  # "strict" refuses the `message` that Sentry's own schema forgot
})
ALLOWED_HOSTS = ["127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
PY
export PYTHONPATH=$PWD DJANGO_SETTINGS_MODULE=bugsink_conf
"$bin/bugsink-manage" migrate --verbosity 0
"$bin/bugsink-manage" migrate snappea --database snappea --verbosity 0
CREATE_SUPERUSER=admin@example.org:admin-password "$bin/bugsink-manage" prestart >/dev/null
"$bin/bugsink-manage" shell -v 0 -c '
from bsmain.models import AuthToken
from projects.models import Project
from teams.models import Team
team = Team.objects.create(name="team")
project = Project.objects.create(name="project", slug="project", team=team)
print("DSN=" + project.dsn)
print("TOKEN=" + AuthToken.create_full_access().token)'
exec "$bin/gunicorn" bugsink.wsgi --bind "127.0.0.1:$port" --workers 1 --threads 4 >server.log 2>&1
