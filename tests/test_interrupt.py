"""Ctrl-C and SIGTERM wait for the end of an epoch, once."""

import os
import signal

import pytest

from vaejax import interrupt


@pytest.fixture(autouse=True)
def installed():
    before = {number: signal.getsignal(number) for number in interrupt.SIGNALS}
    interrupt.install()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", interrupt.SIGNALS)
def test_a_signal_stops_at_once_where_nothing_is_lost(number):
    with pytest.raises(interrupt.Interrupted) as caught:
        os.kill(os.getpid(), number)
    assert caught.value.signal == number


def test_a_signal_waits_where_something_is(capsys):
    done = []
    with pytest.raises(interrupt.Interrupted):
        with interrupt.deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            assert interrupt.asked()
            done.append("the epoch")
            interrupt.stop()
            done.append("another")
    assert done == ["the epoch"] and not interrupt.asked()
    assert "SIGTERM: stopping after this epoch" in capsys.readouterr().err


def test_a_second_signal_does_not_wait(monkeypatch):
    monkeypatch.setattr(interrupt, "AT_ONCE_S", 0.0)
    with pytest.raises(interrupt.Interrupted):
        with interrupt.deferred():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            pytest.fail("the second was not heard")
    with pytest.raises(interrupt.Interrupted):  # and nothing is left behind
        with interrupt.deferred():
            pass
        os.kill(os.getpid(), signal.SIGINT)


def test_one_notice_may_come_twice():
    with pytest.raises(interrupt.Interrupted):
        with interrupt.deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            assert interrupt.asked()


def test_a_signal_at_the_very_end_is_not_lost():
    with pytest.raises(interrupt.Interrupted):
        with interrupt.deferred():
            os.kill(os.getpid(), signal.SIGTERM)
