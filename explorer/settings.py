"""Settings. What a practice can change stands in the practice profile, not here."""

import sys
from datetime import timedelta
from pathlib import Path

from explorer.lib import clock
from explorer.lib.home import DEMO, home, mode
from explorer.lib.keys import key_for

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = home()
MODE = mode()
if MODE == DEMO:
    clock.use_jump_file(HOME / "clock")

SECRET_KEY = key_for("django").hex()
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "explorer.urls"
WSGI_APPLICATION = "explorer.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "explorer.apps.SiteConfig",
    "explorer.lib.apps.FloorConfig",
    "patients.apps.PatientsConfig",
    "consent.apps.ConsentConfig",
    "outreach.apps.OutreachConfig",
    "onenote_sync.apps.OnenoteSyncConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_q",
    "auditlog",
    "import_export",
    "explorer.apps.ExplorerConfig",  # last: it registers other apps' models again
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "explorer.middleware.NeverStored",
    "explorer.middleware.PracticeTimeZone",
    "explorer.middleware.PersonsLanguage",
    "explorer.middleware.OnlyTheDeskForm",
    "allauth.account.middleware.AccountMiddleware",
    "explorer.middleware.PersonEndsWithRequest",
    "auditlog.middleware.AuditlogMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "explorer.lib.sqlcipher",
        "NAME": HOME / "patient-explorer.sqlite3",
        "CONN_MAX_AGE": 600,  # seconds; a fresh connection decrypts every page of the file again
        "OPTIONS": {
            "key": key_for("database").hex(),
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000;",
        },
        "TEST": {"NAME": HOME / "test.sqlite3"},
    }
}

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
}

AUTH_USER_MODEL = "explorer.User"
AUTHENTICATION_BACKENDS = [
    "explorer.roles.RoleBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_ADAPTER = "explorer.accounts.StaffAccounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False

# Cookies are not bound to a port: own names keep us apart from other programs on this PC.
SESSION_COOKIE_NAME = "patient_explorer_session"
SESSION_COOKIE_AGE = int(timedelta(hours=8).total_seconds())
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "patient_explorer_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "explorer.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = "patient_explorer_language"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LOCALE_PATHS = [BASE_DIR / "explorer" / "locale"]
FORMAT_MODULE_PATH = ["explorer.formats"]  # numbers and dates in US form, whatever the language
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["explorer.lib.uploads.InMemory"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

# The queue only says "look now"; rows, claims and leases decide (design 2.3).
Q_CLUSTER = {
    "name": "patient-explorer",
    "orm": "default",
    "broker_class": "explorer.watching.broker.Broker",
    "workers": 2,
    "poll": 0.5,
    "queue_limit": 1,
    "timeout": 3000,
    "retry": 3600,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": 100,
    "catch_up": False,
    "has_replica": False,
    "guard_cycle": 1,  # must divide timeout + 3, or the guard misses the moment to end what runs too long
    "recycle": 10_000,  # the tasks that go round count too (decision 0009)
}

AUDITLOG_LOGENTRY_MODEL = "auditlog.LogEntry"
AUDITLOG_DISABLE_REMOTE_ADDR = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "file": {
            "class": "logging.handlers.RotatingFileHandler",
            "filename": HOME / "log.txt",
            "maxBytes": 1_000_000,
            "backupCount": 5,
            "encoding": "utf-8",
            "delay": True,
            "formatter": "plain",
        },
    },
    "root": {"handlers": ["file"], "level": "WARNING"},
    "loggers": {
        "explorer": {"level": "INFO"},
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "django-q": {"level": "WARNING", "propagate": True},
        "urllib3": {"level": "WARNING"},
    },
}

TESTING = "pytest" in sys.modules
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    LOGGING["handlers"]["file"] = {"class": "logging.NullHandler"}

from explorer.theme import UNFOLD  # noqa: E402, F401  (the sidebar stands in a room of its own)
