"""Settings: precedence, validation with a message that helps, notes on what is silent."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from loss_monitor.errors import EXIT_USAGE, SettingError
from loss_monitor.settings import SETTINGS, Settings, config_path_of, load_settings, state_dir
from loss_monitor.settings.places import default_data_dir, host_dir

HOME = {"HOME": "/home/someone"}


def written(folder: Path, text: str) -> Path:
    path = folder / "config.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_hold_where_nothing_is_given():
    """Without arguments, variables and file, the defaults of the record hold."""
    settings = load_settings({}, HOME)
    assert (settings.host, settings.port, settings.port_fixed) == ("127.0.0.1", 5000, False)
    assert settings.data_dir == default_data_dir()
    assert settings.data_update_interval_s is None
    assert settings.log_file == host_dir(HOME) / "dashboard.log"
    assert settings.notes == ()


def test_the_default_directory_is_the_plugins():
    """The plugin's directory lies below the first letter of the account's name."""
    user = pwd.getpwuid(os.getuid()).pw_name
    assert str(default_data_dir()) == f"/scratch/{user[0]}/{user}/icon_exercise_comin"


def test_command_line_beats_environment_beats_file_beats_default(tmp_path):
    """Each source gives way to the one before it, setting by setting."""
    path = written(tmp_path, "HISTOGRAM_BINS = 30\nMAX_LOG_ENTRIES = 60\nSERVER_PORT = 7001\n")
    environ = {**HOME, "LOSS_MONITOR_MAX_LOG_ENTRIES": "70", "LOSS_MONITOR_PORT": "7002"}
    settings = load_settings({"port": "7003"}, environ, path)
    assert settings.histogram_bins == 30
    assert settings.max_log_entries == 70
    assert settings.port == 7003
    assert settings.max_history_limit == 1000


def test_a_short_variable_beats_its_long_name():
    """`LOSS_MONITOR_PORT` is the same setting as `LOSS_MONITOR_SERVER_PORT`."""
    long = {**HOME, "LOSS_MONITOR_SERVER_PORT": "7001"}
    assert load_settings({}, long).port == 7001
    assert load_settings({}, {**long, "LOSS_MONITOR_PORT": "7002"}).port == 7002


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("SERVER_PORT", "70000", "from 0 to 65535"),
        ("SERVER_PORT", "-1", "from 0 to 65535"),
        ("SERVER_PORT", "'5000'", "whole number"),
        ("SERVER_PORT", "True", "whole number"),
        ("SERVER_PORT", "5000.0", "whole number"),
        ("SERVER_HOST", "''", "host name"),
        ("SERVER_HOST", "'a b'", "host name"),
        ("SERVER_HOST", "None", "host name"),
        ("RUN_START", "'1979-13-01 00:00:00'", "a start such as"),
        ("RUN_START", "'1979-01-01 24:00:00'", "a start such as"),
        ("DATA_UPDATE_INTERVAL", "0", "seconds from 0.1"),
        ("DATA_UPDATE_INTERVAL", "1e999", "seconds from 0.1"),
        ("DASHBOARD_REFRESH_RATE", "'5'", "seconds"),
        ("DEFAULT_HISTORY_LIMIT", "0", "from 1"),
        ("MAX_HISTORY_LIMIT", "[]", "whole number"),
        ("LOG_LEVEL", "'LOUD'", "DEBUG, INFO"),
        ("LOG_FILE", "''", "path"),
        ("DATA_DIRECTORY", "5", "path of a directory"),
        ("DATA_DIRECTORY", "'a\\0b'", "path of a directory"),
        ("TENSORBOARD_ENABLED", "1", "True or False"),
        ("MAX_LOG_ENTRIES", "1", "from 10"),
        ("HISTOGRAM_BINS", "0", "from 1"),
        ("ENABLE_CORS", "'yes'", "True or False"),
        ("CORS_ORIGINS", "['*']", "list of origins"),
        ("CORS_ORIGINS", "['https://a.org/path']", "list of origins"),
        ("CORS_ORIGINS", "'https://a.org'", "list of origins"),
        ("JOB_LOGS", "'LOG'", "list of paths"),
        ("PUBLIC_HOST", "'a;b'", "host name"),
        ("ALLOW_HOSTS", "[1]", "list of host names"),
        ("SERVER_PORT", "int('5000')", "only a literal"),
    ],
)
def test_a_refused_value_is_told_with_setting_value_and_what_is_allowed(
    tmp_path, name, text, allowed
):
    """The message names the setting, the value, its line, and what is allowed."""
    path = written(tmp_path, f"\n{name} = {text}\n")
    with pytest.raises(SettingError) as refused:
        load_settings({}, HOME, path)
    message = str(refused.value)
    assert name in message
    assert text in message
    assert f"{path}, line 2" in message
    assert allowed in message
    assert refused.value.exit_code == EXIT_USAGE


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("LOSS_MONITOR_PORT", "5_000"),
        ("LOSS_MONITOR_PORT", "٥٠٠٠"),
        ("LOSS_MONITOR_DATA_UPDATE_INTERVAL", "soon"),
        ("LOSS_MONITOR_DATA_UPDATE_INTERVAL", "nan"),
        ("LOSS_MONITOR_TENSORBOARD_ENABLED", "maybe"),
        ("LOSS_MONITOR_CORS_ORIGINS", "https://a.org,*"),
    ],
)
def test_a_refused_variable_is_told_by_its_name(variable, text):
    """An environment variable is named in the message as the user wrote it."""
    with pytest.raises(SettingError, match=variable) as refused:
        load_settings({}, {**HOME, variable: text})
    assert text in str(refused.value)


def test_a_refused_option_is_told_by_its_name():
    """A command-line option is named in the message as the user wrote it."""
    with pytest.raises(SettingError, match=r"SERVER_PORT \(--port\) is 'x'"):
        load_settings({"port": "x"}, HOME)


def test_words_of_the_environment_become_values():
    """Flags and lists have a form for the environment."""
    environ = {
        **HOME,
        "LOSS_MONITOR_TENSORBOARD_ENABLED": "off",
        "LOSS_MONITOR_CORS_ORIGINS": "https://a.org, http://b.org:8000",
        "LOSS_MONITOR_LOG_LEVEL": "warning",
    }
    settings = load_settings({}, environ)
    assert not settings.tensorboard_enabled
    assert settings.cors_origins == ("https://a.org", "http://b.org:8000")
    assert settings.log_level == "WARNING"


def test_an_empty_variable_is_not_given():
    """`LOSS_MONITOR_PORT=` in a shell means that nothing was chosen."""
    assert load_settings({}, {**HOME, "LOSS_MONITOR_PORT": ""}).port == 5000


def test_only_the_untouched_port_of_the_file_may_be_evaded(tmp_path):
    """5000 in the file is the shipped value; from anywhere else it is a choice."""
    untouched = written(tmp_path, "SERVER_PORT = 5000\n")
    assert not load_settings({}, HOME, untouched).port_fixed
    assert load_settings({"port": "5000"}, HOME, untouched).port_fixed
    assert load_settings({}, {**HOME, "LOSS_MONITOR_PORT": "5000"}, untouched).port_fixed
    assert load_settings({}, HOME, written(tmp_path, "SERVER_PORT = 5001\n")).port_fixed


def test_the_shipped_update_interval_leaves_the_pace_to_the_data(tmp_path):
    """5 in the file is the shipped value; any other, and 5 from elsewhere, is a choice."""
    shipped = written(tmp_path, "DATA_UPDATE_INTERVAL = 5\n")
    assert load_settings({}, HOME, shipped).data_update_interval_s is None
    environ = {**HOME, "LOSS_MONITOR_DATA_UPDATE_INTERVAL": "5"}
    assert load_settings({}, environ).data_update_interval_s == 5
    chosen = written(tmp_path, "DATA_UPDATE_INTERVAL = 2\n")
    assert load_settings({}, HOME, chosen).data_update_interval_s == 2


def test_a_default_limit_above_the_largest_is_refused(tmp_path):
    """The two limits must agree; lowering only the largest lowers the default with it."""
    both = written(tmp_path, "DEFAULT_HISTORY_LIMIT = 200\nMAX_HISTORY_LIMIT = 100\n")
    with pytest.raises(SettingError, match=r"DEFAULT_HISTORY_LIMIT .* is 200.*100"):
        load_settings({}, HOME, both)
    lowered = load_settings({}, HOME, written(tmp_path, "MAX_HISTORY_LIMIT = 50\n"))
    assert (lowered.default_history_limit, lowered.max_history_limit) == (50, 50)


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("SECRET_KEY = 'abc'", "random token"),
        ("SECRET_KEY = os.environ['ABC']", "random token"),
        ("CHART_COLORS = {'a': '#fff'}", "own colours"),
        ("ENABLE_CORS = True", "CORS_ORIGINS"),
    ],
)
def test_a_setting_without_effect_is_accepted_and_told(tmp_path, text, instead):
    """Old configuration files go on working; a line says what takes the setting's place."""
    settings = load_settings({}, HOME, written(tmp_path, text))
    assert settings.cors_origins == ()
    (note,) = settings.notes
    assert text.split()[0] in note
    assert instead in note
    assert "abc" not in note, "a secret is not repeated"


def test_cors_needs_origins_and_no_veto(tmp_path):
    """Origins act alone or with ENABLE_CORS = True, and not with False."""
    origins = "CORS_ORIGINS = ['https://a.org']\n"
    for text, expected in (("", 1), ("ENABLE_CORS = True", 1), ("ENABLE_CORS = False", 0)):
        settings = load_settings({}, HOME, written(tmp_path, origins + text))
        assert len(settings.cors_origins) == expected
        assert settings.notes == ()


def test_a_misspelt_setting_is_told_with_the_one_meant(tmp_path):
    """An unknown name stops nothing and is not passed over in silence."""
    path = written(tmp_path, "SERVER_PRT = 1\nserver_host = 2\n")
    settings = load_settings({}, {**HOME, "LOSS_MONITOR_HISTOGRAM_BIN": "3"}, path)
    assert any("SERVER_PRT" in note and "SERVER_PORT" in note for note in settings.notes)
    assert any("HISTOGRAM_BINS" in note for note in settings.notes)
    assert any("server_host" in note and "SERVER_HOST" in note for note in settings.notes)
    assert len(settings.notes) == 3


def test_relative_paths_are_relative_to_where_they_were_written(tmp_path, monkeypatch):
    """A file's paths belong to its folder, those of the command line to the current one."""
    folder, here = tmp_path / "a", tmp_path / "b"
    folder.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    path = written(folder, "DATA_DIRECTORY = 'run'\nJOB_LOGS = ['LOG.*.o']\n")
    settings = load_settings({}, HOME, path)
    assert settings.data_dir == folder / "run"
    assert settings.job_logs == (str(folder / "LOG.*.o"),)
    assert load_settings({"data_dir": "run"}, HOME, path).data_dir == here / "run"


def test_the_log_lies_where_the_scripts_say_else_in_the_state(tmp_path, monkeypatch):
    """A bare log name lies in `LOSS_MONITOR_LOG_DIR`; one of the command line right here."""
    monkeypatch.chdir(tmp_path)
    environ = {**HOME, "LOSS_MONITOR_LOG_DIR": "/checkout"}
    assert load_settings({}, environ).log_file == Path("/checkout/dashboard.log")
    path = written(tmp_path, "LOG_FILE = 'other.log'\n")
    assert load_settings({}, environ, path).log_file == Path("/checkout/other.log")
    assert load_settings({}, HOME, path).log_file == host_dir(HOME) / "other.log"
    assert load_settings({"log_file": "x.log"}, environ).log_file == tmp_path / "x.log"


def test_job_logs_alone_are_watched_without_the_usual_directory(tmp_path):
    """Whoever names only a job log does not ask for the plugin's directory as well."""
    log = str(tmp_path / "LOG.exp.a.run.1.o")
    alone = load_settings({"job_logs": [log]}, HOME)
    assert (alone.watches_data_dir, alone.data_dir) == (False, tmp_path)
    beside = load_settings({"job_logs": [log], "data_dir": "/data"}, HOME)
    assert (beside.watches_data_dir, beside.data_dir) == (True, Path("/data"))
    environ = {**HOME, "LOSS_MONITOR_DATA_DIR": "/data"}
    assert load_settings({"job_logs": [log]}, environ).watches_data_dir
    instead = {"job_logs": [log], "only_job_logs": True}
    assert not load_settings(instead, environ).watches_data_dir


def test_debug_is_a_log_level():
    """`--debug` sets the level and nothing else that differs."""
    assert load_settings({"debug": True}, HOME).log_level == "DEBUG"


def test_the_configuration_file_is_never_one_of_the_working_directory(tmp_path, monkeypatch):
    """Another user's folder must not configure us, only because we stand in it."""
    written(tmp_path, "SERVER_PORT = 1\n")
    monkeypatch.chdir(tmp_path)
    assert config_path_of(None, HOME) != tmp_path / "config.py"
    assert config_path_of("config.py", HOME) == tmp_path / "config.py"
    environ = {**HOME, "LOSS_MONITOR_CONFIG": "/etc/monitor.py"}
    assert config_path_of(None, environ) == Path("/etc/monitor.py")
    assert config_path_of("config.py", environ) == tmp_path / "config.py"


def test_the_shipped_configuration_changes_nothing():
    """`config.py` as shipped says what the defaults are, and loads without a note."""
    shipped = Path(__file__).parents[2] / "config.py"
    assert load_settings({}, HOME, shipped) == load_settings({}, HOME)


def test_the_shipped_configuration_names_every_setting():
    """Each row of the table stands in `config.py`, in force or commented out."""
    text = (Path(__file__).parents[2] / "config.py").read_text(encoding="utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    for setting in SETTINGS:
        assert any(line.startswith((f"{setting.name} ", f"{setting.name}:")) for line in lines)


def test_every_field_of_the_table_is_one_of_the_record():
    """The table and the record agree."""
    fields = set(Settings.__dataclass_fields__)
    assert {setting.field for setting in SETTINGS if setting.field} <= fields


def test_a_relative_state_home_is_passed_over():
    """The XDG specification demands it; a relative one would follow the current folder."""
    assert state_dir({**HOME, "XDG_STATE_HOME": "here"}) == Path(
        "/home/someone/.local/state/loss-monitor"
    )
    assert state_dir({**HOME, "XDG_STATE_HOME": "/s"}) == Path("/s/loss-monitor")


@pytest.mark.parametrize(
    "start", ["newest", "all", "1979-1-1 0:00:00", "1979-01-01T00-00-00.000", "0001-12-31_23:59:59"]
)
def test_a_start_is_taken_in_the_forms_of_file_names(start):
    """As `net_<start>.pth` and `experiment_<start>` have it."""
    assert load_settings({"run_start": start}, HOME).run_start == start
