"""Reports executions to Burnwatch. One file, standard library only, Python 3.9 or later.

    import burnwatch

    with burnwatch.run('checkout', order_id) as run:
        with run.step('charge-card', dependency='bank'):
            charge(order)

BURNWATCH_URL and BURNWATCH_TOKEN say where to; `burnwatch.configure(...)` or a `Client` of your own says more. Nothing here raises
into the caller or waits for the network, except `flush` and `close`, which wait as long as they are told. A thread sends what is
reported in batches, again and again with the same identities, until Burnwatch has answered for each record. The buffer is bounded:
`burnwatch.stats()` counts what it had to drop. What is left at the end of the program is delivered then, within `exit_within`
seconds; a program that a signal ends delivers nothing, unless it handles the signal.
"""

from __future__ import annotations

import atexit
import collections
import datetime
import email.utils
import errno
import http.client
import io
import json
import logging
import os
import random
import re
import ssl
import sys
import threading
import time
import urllib.parse
import weakref
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

__all__ = ['Client', 'Run', 'Step', 'configure', 'run', 'start', 'report', 'stats', 'flush', 'close']

Attributes = Mapping[str, str]
# A refused record: {'record': {...}, 'code': 'unknown-workflow', 'message': '...'}
Refused = Dict[str, Any]
# What keeps records from being counted: {'code': 'unreachable', 'message': '...'}; never holds the token.
Problem = Dict[str, str]

_MAX_BUFFERED = 16 * 1024 * 1024
_MAX_RECORD = 65536
_MAX_BATCH = 2 * 1024 * 1024
_MAX_ANSWER = 4 * 1024 * 1024
# However long a peer asks to wait, it is not longer than this.
_LONGEST_RETRY_AFTER = 300.0
# While something waits for a flush, pauses are not longer than this.
_PAUSE_IN_FLUSH = 1.0
# Steps of another try of the execution have attempts of their own, far enough from those of the last.
_ATTEMPTS_A_RUN = 1000
_MAX_CAUSES = 5
_MAX_FAILURES = 100

_CLASS = re.compile(r'[A-Za-z_$][\w$.:-]{0,63}\Z', re.ASCII)
_GENERIC = {'Exception', 'BaseException', 'RuntimeError', 'OSError'}
_TRACEPARENT = re.compile(r'[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}(?:-|\Z)', re.IGNORECASE)
_TRACE_ID = re.compile(r'[\da-f]{32}\Z', re.IGNORECASE)
_LOG = logging.getLogger('burnwatch')


def error_class(error: Any) -> str:
    """The class of an error: its `code` if that is a word, else the name of its type; of a plain error that was raised from another
    one, the class of that. Never its message."""
    try:
        return _class_of(error, _MAX_CAUSES) or 'unknown'
    except Exception:
        return 'unknown'


def _class_of(error: Any, causes: int) -> Optional[str]:
    if not isinstance(error, BaseException):
        return None
    code = getattr(error, 'code', None)
    if isinstance(code, str) and _CLASS.match(code):
        return code
    name = type(error).__name__
    if name not in _GENERIC:
        return name if _CLASS.match(name) else None
    if isinstance(error, OSError) and error.errno in errno.errorcode:
        return errno.errorcode[error.errno]
    return (_class_of(error.__cause__, causes - 1) if causes > 0 else None) or name


def _valid_trace_id(value: Any) -> Optional[str]:
    if not isinstance(value, str) or not _TRACE_ID.match(value) or set(value) == {'0'}:
        return None
    return value.lower()


def _trace_id_of(traceparent: Any) -> Optional[str]:
    found = _TRACEPARENT.match(traceparent.strip()) if isinstance(traceparent, str) else None
    return _valid_trace_id(found.group(1)) if found else None


def _active_trace_id() -> Optional[str]:
    """The trace id of the active OpenTelemetry span, when the application uses OpenTelemetry."""
    trace = sys.modules.get('opentelemetry.trace')
    if trace is None:
        return None
    try:
        return _valid_trace_id(format(trace.get_current_span().get_span_context().trace_id, '032x'))
    except Exception:
        return None


def _now() -> int:
    return int(time.time() * 1000)


def _time(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return int(value.timestamp() * 1000)
    return value


class _Ending:
    """Something that has started and has not ended. Only its first end is reported."""

    def __init__(self, report: Callable[..., None], fact: Dict[str, Any]) -> None:
        self._report = report
        self._fact = fact
        self._since: Optional[float] = None
        self._ended = False

    def _begin(self) -> None:
        if self._since is None:
            self._since = time.monotonic()
            self._report(status='started', **self._fact)

    def _end(self, status: str, **more: Any) -> None:
        if self._ended:
            return
        self._ended = True
        at = _now()
        # The time it took is that of a clock that cannot be set: nothing ends before it started.
        took = 0.0 if self._since is None else time.monotonic() - self._since
        self._report(status=status, at=at, startedAt=at - round(took * 1000), **self._fact, **more)

    def succeeded(self) -> None:
        self._end('succeeded')

    def cancelled(self) -> None:
        self._end('cancelled')

    def skipped(self) -> None:
        self._end('skipped')

    def failed(self, error: Any = None, *, will_retry: bool = False) -> None:
        """`error` is the exception, or the error class as a text. `will_retry`: what failed is tried again, so that it has not ended."""
        raise NotImplementedError

    def _leave(self, error: Optional[BaseException]) -> None:
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            self.succeeded()
        else:
            self.failed(error)

    def __exit__(self, _kind: Any, error: Optional[BaseException], _traceback: Any) -> None:
        self._leave(error)

    async def __aexit__(self, _kind: Any, error: Optional[BaseException], _traceback: Any) -> None:
        self._leave(error)


class Step(_Ending):
    """A step under way: what `with run.step(...) as step` gives."""

    def __init__(self, run: Run, name: str, attempt: int, fact: Dict[str, Any]) -> None:
        super().__init__(run._report, fact)
        self._run = run
        self.step = name
        self.attempt = attempt

    def failed(self, error: Any = None, *, will_retry: bool = False) -> None:
        self._run._remember(error, self.step)
        self._end('failed', error=error, willRetry=True if will_retry else None)

    def __enter__(self) -> Step:
        self._begin()
        return self

    async def __aenter__(self) -> Step:
        return self.__enter__()


class Run(_Ending):
    """An execution under way: what `with burnwatch.run(...) as run` and `burnwatch.start(...)` give."""

    def __init__(
        self, report: Callable[..., None], common: Dict[str, Any], attempt: Optional[int], dependency: Optional[str]
    ) -> None:
        super().__init__(report, dict(common, attempt=attempt, dependency=dependency))
        self._common = common
        self.workflow = common['workflow']
        self.execution = common['execution']
        self.attempt = 1 if attempt is None else attempt
        self._calls: Dict[str, int] = {}
        self._failures: List[Tuple[Any, str]] = []

    def step(
        self,
        name: str,
        *,
        dependency: Optional[str] = None,
        attributes: Optional[Attributes] = None,
        attempt: Optional[int] = None,
    ) -> Step:
        """A step for `with` (or `async with`): it succeeds or fails as the block does. Calls of the same step in one execution are
        counted as attempts, unless `attempt` says which one it is."""
        call = self._calls.get(name, 0) + 1
        self._calls[name] = call
        which = (self.attempt - 1) * _ATTEMPTS_A_RUN + call if attempt is None else attempt
        own = dict(self._common.get('attributes') or {}, **attributes) if attributes else self._common.get('attributes')
        return Step(self, name, which, dict(self._common, attributes=own, step=name, attempt=which, dependency=dependency))

    def start_step(
        self,
        name: str,
        *,
        dependency: Optional[str] = None,
        attributes: Optional[Attributes] = None,
        attempt: Optional[int] = None,
    ) -> Step:
        """A step that has started; the caller says how it ended."""
        return self.step(name, dependency=dependency, attributes=attributes, attempt=attempt).__enter__()

    def failed(self, error: Any = None, *, will_retry: bool = False, failed_step: Optional[str] = None) -> None:
        """As of a step; `failed_step` is where it failed, else the step that failed with the same error."""
        step = failed_step or self._step_of(error)
        self._failures.clear()
        self._end('failed', error=error, failedStep=step, willRetry=True if will_retry else None)

    def _remember(self, error: Any, step: str) -> None:
        if isinstance(error, BaseException) and len(self._failures) < _MAX_FAILURES:
            self._failures.append((error, step))

    def _step_of(self, error: Any) -> Optional[str]:
        for _ in range(_MAX_CAUSES + 1):
            if not isinstance(error, BaseException):
                return None
            # What failed first is the innermost step.
            for known, step in self._failures:
                if known is error:
                    return step
            error = error.__cause__
        return None

    def __enter__(self) -> Run:
        self._begin()
        return self

    async def __aenter__(self) -> Run:
        return self.__enter__()


class Client:
    """Everything has a default; times are seconds.

    url, token        where Burnwatch is, and a token with the scope `ingest`; BURNWATCH_URL and BURNWATCH_TOKEN, read at the first
                      record. Without an address records are only counted, as dropped.
    attributes        pairs that everything reported has, such as {'region': 'eu'}
    buffer_size       records held until Burnwatch has answered for them; further ones are dropped and counted
    batch_size        the most records of one request
    flush_after       how long a record waits for others
    timeout           how long one request may take
    first_pause       the pause after the first request that fails; it doubles with each, up to longest_pause. A longer one that
                      Burnwatch asks for is kept, up to 5 minutes.
    exit_within       how long the end of the program may take to deliver what is left
    error_of          the class of an exception; default: its `code` or the name of its type, never its message. None leaves it to that.
    on_rejected       called with a list of the records that Burnwatch did not take: {'record', 'code', 'message'}
    on_problem        called with what keeps records from being counted: {'code', 'message'}; default: a warning in the log `burnwatch`,
                      once for each code
    """

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        *,
        attributes: Optional[Attributes] = None,
        buffer_size: int = 10_000,
        batch_size: int = 1000,
        flush_after: float = 1.0,
        timeout: float = 5.0,
        first_pause: float = 0.5,
        longest_pause: float = 30.0,
        exit_within: float = 5.0,
        error_of: Optional[Callable[[Any], Optional[str]]] = None,
        on_rejected: Optional[Callable[[List[Refused]], Any]] = None,
        on_problem: Optional[Callable[[Problem], Any]] = None,
    ) -> None:
        self._url = url
        self._token = token
        self._attributes = dict(attributes) if attributes else None
        self._buffer_size = buffer_size
        self._batch_size = batch_size
        self._flush_after = flush_after
        self._timeout = timeout
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._exit_within = exit_within
        self._error_of = error_of
        self._on_rejected = on_rejected
        self._on_problem = on_problem
        self._reset()
        _clients.add(self)

    def _reset(self) -> None:
        """Begins anew: at the start, and in a forked process, whose parent sends what was reported before."""
        # Reentrant: a signal handler may report while its thread is in here.
        self._changed = threading.Condition(threading.RLock())
        self._queue: collections.deque[str] = collections.deque()
        self._characters = 0
        self._counts = dict(reported=0, accepted=0, duplicates=0, rejected=0, dropped=0)
        self._added = 0
        self._settled = 0
        self._flushes = 0
        self._batch_limit = self._batch_size
        self._failures = 0
        self._not_before = 0.0
        self._last_problem: Optional[Problem] = None
        self._warned: set[str] = set()
        self._closed = False
        self._thread: Optional[threading.Thread] = None
        self._destination: Optional[_Destination] = None
        self._opened = False

    # What applications call.

    def run(
        self,
        workflow: str,
        execution: Any,
        *,
        attempt: Optional[int] = None,
        attributes: Optional[Attributes] = None,
        dependency: Optional[str] = None,
        traceparent: Optional[str] = None,
        trace_id: Optional[str] = None,
    ) -> Run:
        """An execution for `with` (or `async with`): it succeeds or fails as the block does, and exceptions pass through unchanged.
        `attempt` is which try of the execution this is. The trace id is that of `trace_id`, of a W3C `traceparent`, or of the active
        OpenTelemetry span."""
        trace = trace_id or _trace_id_of(traceparent) or _active_trace_id()
        common = dict(workflow=workflow, execution=_text(execution), traceId=trace, attributes=attributes)
        return Run(self._report, common, attempt, dependency)

    def start(
        self,
        workflow: str,
        execution: Any,
        *,
        attempt: Optional[int] = None,
        attributes: Optional[Attributes] = None,
        dependency: Optional[str] = None,
        traceparent: Optional[str] = None,
        trace_id: Optional[str] = None,
    ) -> Run:
        """An execution that has started; the caller says how it ended: `run.succeeded()`, `run.failed(error)`, ..."""
        return self.run(
            workflow,
            execution,
            attempt=attempt,
            attributes=attributes,
            dependency=dependency,
            traceparent=traceparent,
            trace_id=trace_id,
        ).__enter__()

    def report(self, workflow: str, execution: Any, status: str, **fields: Any) -> None:
        """Reports one fact, with the fields of `POST /v1/outcomes`: at, startedAt, durationMs, step, attempt, willRetry, dependency,
        error, failedStep, traceId, attributes, count; and traceparent."""
        self._report(workflow=workflow, execution=execution, status=status, **fields)

    def stats(self) -> Dict[str, Any]:
        """What became of the records so far: reported = buffered + accepted + duplicates + rejected + dropped; and last_problem."""
        with self._changed:
            return dict(self._counts, buffered=len(self._queue), last_problem=self._last_problem)

    def flush(self, within: float = 5.0) -> bool:
        """Waits until what was reported so far has been answered for, at most `within` seconds; says whether it has."""
        deadline = time.monotonic() + within
        with self._changed:
            up_to = self._added
            self._flushes += 1
            self._changed.notify_all()
            try:
                while self._settled < up_to:
                    remaining = deadline - time.monotonic()
                    # Nothing may be sent in time.
                    if remaining <= 0 or self._not_before > deadline:
                        return False
                    self._changed.wait(remaining)
                return True
            finally:
                self._flushes -= 1

    def close(self, within: float = 5.0) -> Dict[str, Any]:
        """Delivers what is left, at most for `within` seconds, and drops the rest. What is reported afterwards is dropped."""
        with self._changed:
            self._closed = True
        self.flush(within)
        self._give_up()
        return self.stats()

    # What happens in the caller's thread.

    def _report(self, **fields: Any) -> None:
        try:
            with self._changed:
                self._counts['reported'] += 1
                if not self._opened:
                    self._open()
                if self._closed or self._destination is None:
                    self._counts['dropped'] += 1
                    return
            self._add(self._serialize(fields))
        except Exception:
            with self._changed:
                self._counts['dropped'] += 1
            self._problem('unreadable-record', 'A record could not be written as JSON.')

    def _serialize(self, fields: Dict[str, Any]) -> str:
        error = fields.get('error')
        if error is not None and not isinstance(error, str):
            fields['error'] = self._class_of(error)
        traceparent = fields.pop('traceparent', None)
        if fields.get('traceId') is None:
            fields['traceId'] = _trace_id_of(traceparent)
        if self._attributes:
            fields['attributes'] = {**self._attributes, **(fields.get('attributes') or {})}
        at = fields.get('at')
        fields['at'] = _now() if at is None else _time(at)
        fields['startedAt'] = _time(fields.get('startedAt'))
        fields['execution'] = _text(fields['execution'])
        record = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(record, separators=(',', ':'), allow_nan=False)

    def _class_of(self, error: Any) -> str:
        try:
            own = self._error_of(error) if self._error_of else None
        except Exception:
            own = None
        return own if isinstance(own, str) else error_class(error)

    def _add(self, record: str) -> None:
        with self._changed:
            waiting = len(self._queue)
            if len(record) > _MAX_RECORD:
                problem = ('record-too-large', f'A record has more than {_MAX_RECORD} characters.')
            elif waiting >= self._buffer_size or self._characters + len(record) > _MAX_BUFFERED:
                text = f'{waiting} records wait for Burnwatch; new ones are dropped until it takes them.'
                problem = ('buffer-full', text)
            else:
                if self._thread is None:
                    thread = threading.Thread(target=self._pump, name='burnwatch', daemon=True)
                    thread.start()
                    self._thread = thread
                self._queue.append(record)
                self._characters += len(record)
                self._added += 1
                if waiting == 0 or waiting + 1 == self._batch_size:
                    self._changed.notify_all()
                return
            self._counts['dropped'] += 1
        self._problem(*problem)

    def _open(self) -> None:
        self._opened = True
        url = self._url if self._url is not None else os.environ.get('BURNWATCH_URL')
        token = self._token if self._token is not None else os.environ.get('BURNWATCH_TOKEN')
        # A program that is tried out without Burnwatch is not to be disturbed.
        if not url:
            return
        try:
            self._destination = _Destination(url, token)
        except _Unusable as unusable:
            self._problem(unusable.code, str(unusable))
        except Exception:
            self._problem('invalid-url', 'The address of Burnwatch is not a URL; nothing is reported.')

    def _problem(self, code: str, message: str) -> None:
        problem = dict(code=code, message=message)
        try:
            with self._changed:
                self._last_problem = problem
                first = code not in self._warned
                self._warned.add(code)
            if self._on_problem is not None:
                self._on_problem(problem)
            elif first:
                _LOG.warning('%s', message)
        except Exception:
            # Nowhere to report it that could not fail in the same way.
            pass

    # What happens in the client's own thread.

    def _pump(self) -> None:
        while True:
            try:
                self._wait_for_batch()
                self._send_batch()
            except Exception:
                self._problem('internal-error', 'The client of Burnwatch failed; it goes on.')
                time.sleep(self._first_pause)

    def _wait_for_batch(self) -> None:
        with self._changed:
            while not self._queue:
                self._changed.wait()
            until = time.monotonic() + self._flush_after
            while self._failures == 0 and not self._flushes and len(self._queue) < self._batch_size:
                remaining = until - time.monotonic()
                if remaining <= 0:
                    break
                self._changed.wait(remaining)
            while self._queue and self._not_before > time.monotonic():
                self._changed.wait(self._not_before - time.monotonic())

    def _next_batch(self) -> List[str]:
        batch: List[str] = []
        characters = 0
        for record in self._queue:
            characters += len(record)
            if len(batch) >= self._batch_limit or (batch and characters > _MAX_BATCH):
                break
            batch.append(record)
        return batch

    def _send_batch(self) -> None:
        with self._changed:
            batch = self._next_batch()
            before = self._settled
        if not batch:
            return
        assert self._destination is not None
        try:
            answer = _read_answer(*self._destination.post(batch, self._timeout), len(batch))
        except Exception as error:
            message = f'Burnwatch cannot be reached ({error_class(error)}).'
            answer = _Answer('again', code='unreachable', message=message)
        with self._changed:
            # Given up meanwhile.
            if self._settled != before:
                return
            if answer.kind == 'too-large' and len(batch) > 1:
                self._batch_limit = (len(batch) + 1) // 2
                self._failures = 0
                return
            if answer.kind != 'again':
                self._failures = 0
                if answer.kind == 'stored':
                    refused = [(index, code, text) for index, code, text in answer.rejected if index < len(batch)]
                    self._counts['accepted'] += answer.accepted
                    self._counts['duplicates'] += answer.duplicates
                    self._counts['rejected'] += answer.rejected_count
                else:
                    refused = [(index, answer.code, answer.message) for index in range(len(batch))]
                    self._counts['rejected'] += len(batch)
                self._settle(len(batch))
        if answer.kind == 'again':
            self._failed(answer)
        elif refused:
            self._refuse([dict(record=json.loads(batch[at]), code=code, message=text) for at, code, text in refused])

    def _settle(self, count: int) -> None:
        for _ in range(count):
            self._characters -= len(self._queue.popleft())
        self._settled += count
        self._changed.notify_all()

    def _refuse(self, refused: List[Refused]) -> None:
        first = refused[0]
        self._problem('rejected', f"Burnwatch rejected records ({first['code']}): {first['message']}")
        try:
            if self._on_rejected is not None:
                self._on_rejected(refused)
        except Exception:
            # An error of the application's, which has no place to go in this thread.
            pass

    def _failed(self, answer: _Answer) -> None:
        self._problem(answer.code, answer.message)
        pause = min(self._longest_pause, self._first_pause * 2 ** min(self._failures, 20))
        with self._changed:
            self._failures += 1
            if answer.after is not None:
                self._not_before = time.monotonic() + answer.after * (1 + random.random() / 10)
                self._changed.notify_all()
                return
            # Half of the pause is left to chance, so that producers that failed together do not come back together.
            pause = (self._longest_pause if answer.lasting else pause) * (0.5 + random.random() / 2)
            began = time.monotonic()
            flushes = self._flushes
            while self._queue:
                # A flush that comes meanwhile cuts a pause short.
                limit = min(pause, _PAUSE_IN_FLUSH) if self._flushes else pause
                remaining = began + limit - time.monotonic()
                if remaining <= 0 or self._flushes > flushes:
                    return
                self._changed.wait(remaining)

    def _give_up(self) -> None:
        with self._changed:
            left = len(self._queue)
            if left == 0:
                return
            self._counts['dropped'] += left
            self._settle(left)
        self._problem('undelivered', f'{left} records could not be delivered before the end.')

    def _leave(self) -> None:
        if self._queue:
            self.flush(self._exit_within)
            self._give_up()


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception:
        # Burnwatch rejects it.
        return ''


class _Unusable(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Destination:
    """Where records go, and with which headers."""

    def __init__(self, url: str, token: Optional[str]) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ('http', 'https') or not parts.hostname or '@' in parts.netloc:
            text = 'The address of Burnwatch must be http or https, without user and password; nothing is reported.'
            raise _Unusable('invalid-url', text)
        # A header cannot hold it, and what http.client says of that would show it.
        if token and not re.fullmatch(r'[\x21-\x7e]+', token):
            text = 'The token of Burnwatch holds characters that no token has; nothing is reported.'
            raise _Unusable('invalid-token', text)
        self._host = parts.hostname
        self._port = parts.port
        self._is_tls = parts.scheme == 'https'
        self._context: Optional[ssl.SSLContext] = None
        self._path = urllib.parse.quote(parts.path.rstrip('/'), safe="/%:@!$&'()*+,;=~-._") + '/v1/outcomes'
        # One connection for each batch; whatever comes after the answer is of no interest.
        self._headers = {
            'Content-Type': 'application/x-ndjson',
            'User-Agent': 'burnwatch-client',
            'Connection': 'close',
            'Accept-Encoding': 'identity',
        }
        if token:
            self._headers['Authorization'] = f'Bearer {token}'

    def post(self, batch: Sequence[str], timeout: float) -> Tuple[int, Optional[str], str]:
        """Sends records; gives the status, Retry-After and the body of the answer, or raises within the timeout."""
        deadline = time.monotonic() + timeout
        if self._is_tls:
            # Reading the certificates takes long: here, in the client's own thread, it delays no caller.
            self._context = self._context or ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=timeout, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        try:
            connection.request('POST', self._path, body='\n'.join(batch).encode(), headers=self._headers)
            received = bytearray()
            # Each read of a socket has a time limit of its own, and a peer may send a byte now and then.
            while not _is_complete(received) and len(received) <= _MAX_ANSWER:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise TimeoutError
                connection.sock.settimeout(remaining)
                chunk = connection.sock.recv(65536)
                if not chunk:
                    break
                received += chunk
            response = http.client.HTTPResponse(_Received(bytes(received)))  # type: ignore[arg-type]
            response.begin()
            text = response.read(_MAX_ANSWER).decode('utf-8', 'replace')
            return response.status, response.getheader('Retry-After'), text
        finally:
            connection.close()


class _Received:
    """An answer that has been read, as a socket from which HTTPResponse reads."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._received)


def _is_complete(received: bytearray) -> bool:
    """Whether an answer has arrived whole, as far as it says how long it is; else the end of the connection says so."""
    head, separator, body = received.partition(b'\r\n\r\n')
    length = re.search(rb'\r\ncontent-length:[ \t]*(\d{1,10})[ \t]*(?:\r\n|\Z)', head, re.IGNORECASE)
    if not separator:
        return False
    return len(body) >= int(length.group(1)) if length else body.endswith(b'0\r\n\r\n')


class _Answer:
    """What an answer means for the records of a batch: `stored`; `too-large`; `refused`, when no repeat can make them right; `again`."""

    def __init__(
        self,
        kind: str,
        *,
        code: str = '',
        message: str = '',
        after: Optional[float] = None,
        lasting: bool = False,
        accepted: int = 0,
        duplicates: int = 0,
        rejected: Sequence[Tuple[int, str, str]] = (),
        rejected_count: int = 0,
    ) -> None:
        self.kind = kind
        self.code = code
        self.message = message
        self.after = after
        # Whether something has to be mended before a repeat can succeed.
        self.lasting = lasting
        self.accepted = accepted
        self.duplicates = duplicates
        self.rejected = rejected
        self.rejected_count = rejected_count


def _read_answer(status: int, retry_after: Optional[str], body: str, size: int) -> _Answer:
    """What no Burnwatch would say (a login page with 200, counts that do not add up) is not believed: the batch is sent again, which
    is safe, because its records have the same identities."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        read = {}
    if status in (200, 422):
        # An answer that took nothing need not say so.
        counted = _read_counts(dict(accepted=0, duplicates=0, **read) if status == 422 and 'accepted' not in read else read, size)
        if counted is not None:
            return counted
    code = read.get('code') if isinstance(read.get('code'), str) else f'http-{status}'
    detail = read.get('detail')
    message = detail if isinstance(detail, str) else f'Burnwatch answered {status}.'
    if status == 413:
        return _Answer('too-large', code=code, message=message)
    if status in (400, 415, 422):
        return _Answer('refused', code=code, message=message)
    after = _read_retry_after(retry_after)
    if status == 200:
        text = 'The answer is not one of Burnwatch.'
        return _Answer('again', code='unreadable-answer', message=text, after=after, lasting=True)
    lasting = status < 500 and status not in (408, 425, 429)
    return _Answer('again', code=code, message=message, after=after, lasting=lasting)


def _read_counts(read: Dict[str, Any], size: int) -> Optional[_Answer]:
    accepted, duplicates, rejected = read.get('accepted'), read.get('duplicates'), read.get('rejected')
    if not _is_count(accepted) or not _is_count(duplicates) or not isinstance(rejected, list):
        return None
    count = read['rejectedCount'] if _is_count(read.get('rejectedCount')) else len(rejected)
    if accepted + duplicates + count != size:
        return None
    listed = [
        (each['index'], each['code'], each['message'])
        for each in rejected
        if isinstance(each, dict)
        and _is_count(each.get('index'))
        and isinstance(each.get('code'), str)
        and isinstance(each.get('message'), str)
    ]
    return _Answer('stored', accepted=accepted, duplicates=duplicates, rejected=listed, rejected_count=count)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _read_retry_after(value: Optional[str]) -> Optional[float]:
    if value is None:
        return None
    try:
        if re.fullmatch(r'\s*\d{1,9}\s*', value):
            seconds = float(value)
        else:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER)


_clients: weakref.WeakSet[Client] = weakref.WeakSet()
_default: Optional[Client] = None
_default_lock = threading.Lock()


def _default_client() -> Client:
    global _default
    if _default is None:
        with _default_lock:
            if _default is None:
                _default = Client()
    return _default


def configure(*args: Any, **options: Any) -> Client:
    """Makes the client that the functions of this module use, with the arguments of `Client`. Call it before they are used."""
    global _default
    _default = Client(*args, **options)
    return _default


def run(workflow: str, execution: Any, **options: Any) -> Run:
    """`Client.run` of the client of this process."""
    return _default_client().run(workflow, execution, **options)


def start(workflow: str, execution: Any, **options: Any) -> Run:
    """`Client.start` of the client of this process."""
    return _default_client().start(workflow, execution, **options)


def report(workflow: str, execution: Any, status: str, **fields: Any) -> None:
    """`Client.report` of the client of this process."""
    _default_client().report(workflow, execution, status, **fields)


def stats() -> Dict[str, Any]:
    """`Client.stats` of the client of this process."""
    return _default_client().stats()


def flush(within: float = 5.0) -> bool:
    """`Client.flush` of the client of this process."""
    return _default_client().flush(within)


def close(within: float = 5.0) -> Dict[str, Any]:
    """`Client.close` of the client of this process."""
    return _default_client().close(within)


def _at_exit() -> None:
    for client in list(_clients):
        client._leave()


def _after_fork() -> None:
    # The thread is the parent's, and a lock may be held by a thread that is not here.
    for client in list(_clients):
        client._reset()


atexit.register(_at_exit)
if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_after_fork)
