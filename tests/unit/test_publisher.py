"""Events to a file and back; the fake that stands for Kafka does the same."""

import gzip

import pytest

from engine.core.errors import BadInput
from producers.event_file import FilePublisher, read_events
from producers.playback import play
from producers.progress import Progress
from tests.sinks import MemorySink, SinkConformance, hours_passed


class TestMemory(SinkConformance):
    @pytest.fixture
    def sink(self):
        return MemorySink()

    @pytest.fixture
    def kept(self, sink):
        return lambda: sink.kept


class TestFile(SinkConformance):
    @pytest.fixture(params=["events.jsonl", "events.jsonl.gz"])
    def path(self, tmp_path, request):
        return tmp_path / request.param

    @pytest.fixture
    def sink(self, path):
        return FilePublisher(path)

    @pytest.fixture
    def kept(self, path):
        return lambda: list(read_events(path))


def write(path, events):
    sink = FilePublisher(path)
    for one in events:
        sink.send(one.event, timestamp_ms=one.timestamp_ms)
    sink.close()


def test_a_file_is_whole_or_not_there(tmp_path):
    sink = FilePublisher(tmp_path / "events.jsonl")
    sink.send(hours_passed("A", 1)[0].event, timestamp_ms=0)
    assert not (tmp_path / "events.jsonl").exists()
    sink.discard()
    assert list(tmp_path.iterdir()) == []


def test_the_same_events_give_the_same_packed_bytes(tmp_path):
    for name in ("one.gz", "two.gz"):
        write(tmp_path / name, hours_passed("A", 5))
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()


def test_a_bad_line_is_named_by_its_number(tmp_path):
    path = tmp_path / "events.jsonl"
    write(path, hours_passed("A", 2))
    path.write_bytes(path.read_bytes() + b'{"timestamp_ms": 1, "event": {"type": "Nonsense"}}\n')
    with pytest.raises(BadInput, match=r"line 3 of .* is not an event"):
        list(read_events(path))


@pytest.mark.parametrize("line", [b"not json\n", b"\n", b"[]\n", b'{"event": {}}\n', b'{"timestamp_ms": "x"}\n'])
def test_what_is_no_event_is_refused_in_one_sentence(tmp_path, line):
    path = tmp_path / "events.jsonl"
    path.write_bytes(line)
    with pytest.raises(BadInput, match="line 1 ") as refused:
        list(read_events(path))
    assert "\n" not in str(refused.value)


def test_a_packed_file_that_breaks_off_is_refused(tmp_path):
    path = tmp_path / "events.jsonl.gz"
    write(path, hours_passed("A", 200))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInput, match="breaks off"):
        list(read_events(path))


def test_a_file_that_is_not_packed_though_its_name_says_so_is_refused(tmp_path):
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(b"{}\n")
    with pytest.raises(BadInput, match="gzip"):
        list(read_events(path))


def test_a_missing_file_and_a_folder_that_is_not_there_are_named(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        list(read_events(tmp_path / "none.jsonl"))
    with pytest.raises(BadInput, match="cannot be written"):
        FilePublisher(tmp_path / "nowhere" / "events.jsonl")


def test_a_packed_file_is_gzip(tmp_path):
    write(tmp_path / "events.gz", hours_passed("A", 3))
    assert len(gzip.decompress((tmp_path / "events.gz").read_bytes()).splitlines()) == 3


def test_playing_a_file_back_goes_on_where_it_was_confirmed(tmp_path):
    events = hours_passed("A", 20)
    first, second = MemorySink(), MemorySink()
    play(events[:12], first, progress=Progress(tmp_path / "progress.json", "run"))
    total = play(events, second, progress=Progress(tmp_path / "progress.json", "run"))
    assert (total, second.kept) == (20, events[12:])


def test_a_progress_file_of_another_run_is_refused(tmp_path):
    play(hours_passed("A", 3), MemorySink(), progress=Progress(tmp_path / "progress.json", "seed 1"))
    with pytest.raises(BadInput, match="belongs to another run"):
        Progress(tmp_path / "progress.json", "seed 2")


def test_a_damaged_progress_file_is_refused(tmp_path):
    (tmp_path / "progress.json").write_text("half a fi")
    with pytest.raises(BadInput, match="not a progress file"):
        Progress(tmp_path / "progress.json", "run")


def test_playing_back_keeps_the_pace_asked_for():
    slept = []
    play(hours_passed("A", 3), MemorySink(), speed=3600.0, sleep=slept.append)
    assert [round(seconds) for seconds in slept] == [1, 2]
