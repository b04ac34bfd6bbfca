"""A program that does the deeds of a story with the Python client and prints what the client counted: `driver.ts` is its twin."""

import atexit
import json
import sys


def say_what_was_counted():
    stats = client.stats()
    problem = stats.pop('last_problem')
    codes = [each['code'] for each in rejected]
    print(json.dumps(dict(stats, lastProblem=problem and problem['code'], rejectedCodes=codes)), flush=True)


# What is registered first is called last.
atexit.register(say_what_was_counted)

import burnwatch  # noqa: E402

story = json.loads(sys.argv[1])
workflow = sys.argv[2]
rejected = []


def on_problem(_problem):
    raise RuntimeError('an error of a hook')


def on_rejected(refused):
    rejected.extend(refused)
    raise RuntimeError('an error of a hook')


NAMES = {
    'bufferSize': ('buffer_size', 1),
    'batchSize': ('batch_size', 1),
    'flushAfterMs': ('flush_after', 0.001),
    'timeoutMs': ('timeout', 0.001),
    'firstPauseMs': ('first_pause', 0.001),
    'longestPauseMs': ('longest_pause', 0.001),
    'exitMs': ('exit_within', 0.001),
}
options = {NAMES[name][0]: value * NAMES[name][1] for name, value in story.get('options', {}).items()}
client = burnwatch.configure(on_problem=on_problem, on_rejected=on_rejected, **options)


def named(name):
    return type(name, (Exception,), {})('the card of bob@example.com was refused')


def do_steps(run, steps):
    for deed in steps:
        try:
            with run.step(deed['step'], dependency=deed.get('dependency')):
                do_steps(run, deed.get('steps', []))
                if 'throws' in deed:
                    raise named(deed['throws'])
        except Exception:
            if not deed.get('caught'):
                raise


def do_run(deed):
    raised = []
    known = {name: deed[name] for name in ('attempt', 'traceparent', 'attributes') if name in deed}
    try:
        with burnwatch.run(workflow, deed['execution'], **known) as run:
            try:
                do_steps(run, deed.get('steps', []))
                if 'ends' in deed:
                    getattr(run, deed['ends'])()
                if 'throws' in deed:
                    raise named(deed['throws'])
            except Exception as error:
                raised.append(error)
                raise
    except Exception as error:
        if error not in raised:
            raise
    else:
        assert not raised, 'an error was swallowed'


def do_deed(deed):
    kind = deed['do']
    if kind == 'run':
        do_run(deed)
    elif kind == 'runs':
        for n in range(1, deed['count'] + 1):
            with burnwatch.run(workflow, f"{deed['prefix']}{n}"):
                pass
    elif kind == 'explicit':
        run = burnwatch.start(workflow, deed['execution'])
        step = run.start_step('charge-card', dependency='bank')
        step.failed(deed['error'])
        step.succeeded()
        run.failed(deed['error'], failed_step='charge-card')
        run.succeeded()
    elif kind == 'start':
        burnwatch.start(workflow, deed['execution'])
    elif kind == 'report':
        burnwatch.report(workflow, **deed['fields'])
    elif kind == 'flush':
        burnwatch.flush(deed['withinMs'] / 1000)
    elif kind == 'wait':
        print('@', flush=True)
        sys.stdin.readline()
    else:
        raise ValueError(kind)


for deed in story['deeds']:
    do_deed(deed)
if not story.get('leaves'):
    burnwatch.close(20)
