# One image for web, worker, beat and migrations; docker-compose.yml says which command runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 VAR_DIR=/var/lib/app

RUN useradd --system --create-home app && install -d -o app -g app /var/lib/app
WORKDIR /srv/app

COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt

COPY . .
# Static files with hashed names; the settings ask for a database and a key, which this step never uses.
RUN DATABASE_URL=postgres://build/build \
    SECRET_KEY=only-used-while-the-image-is-built-and-never-at-run-time \
    VAR_DIR=/tmp/build \
    python manage.py collectstatic --noinput && rm -rf /tmp/build

USER app
VOLUME /var/lib/app
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
