import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Malformed } from './cursor.ts';
import { parseExposition } from './parse.ts';

const one = (text: string, isOpen = false) => {
  const [sample] = parseExposition(text, isOpen).samples;
  assert.ok(sample);
  return { ...sample, labels: Object.fromEntries(sample.labels) };
};

describe('Prometheus text', () => {
  test('the example of the format reads', () => {
    const { samples, types } = parseExposition(
      `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320
`,
      false,
    );
    assert.equal(samples.length, 9);
    assert.equal(types.get('http_request_duration_seconds'), 'histogram');
    assert.equal(samples[2]?.labels.get('error'), 'Cannot find file:\n"FILE.TXT"');
    assert.equal(samples[4]?.value, Infinity);
  });

  test('names in quotes, as Prometheus 3 writes them', () => {
    const text = '{"http.server.duration", "net.peer"="a b",} 1\n';
    assert.deepEqual(one(text), { name: 'http.server.duration', labels: { 'net.peer': 'a b' }, value: 1 });
  });

  for (const [text, place] of [
    ['a 1\nb{x="1} 2', /line 2, character 10: a quote is not closed/],
    ['a{x="1",x="2"} 2', /line 1.*the label x stands there twice/],
    ['a 1_000', /1_000 is no number/],
    ['a 0x10', /0x10 is no number/],
    ['a', /the value is missing/],
    ['a 1 2 3', /something stands after the value/],
    ['<html>', /line 1, character 1: expected a name/],
    ['a{x="\\q"} 1', /unknown escape/],
    ['# TYPE a counter\n# TYPE a gauge', /line 2.*a has two types/],
    ['# TYPE a counters', /counters is no type/],
    ['a 1 # {t="1"} 1', /something stands after the value/],
  ] as const) {
    test(`${JSON.stringify(text)} is refused with its place`, () => {
      assert.throws(
        () => parseExposition(text, false),
        (error) => error instanceof Malformed && place.test(error.message),
      );
    });
  }
});

describe('OpenMetrics', () => {
  test('exemplars, units and seconds are taken; the end must be there', () => {
    const text =
      '# TYPE foo counter\n# UNIT foo seconds\nfoo_total{a="b"} 17.0 1520879607.789 # {id="x"} 0.67 1520879607.789\n# EOF\n';
    assert.deepEqual(one(text, true), { name: 'foo_total', labels: { a: 'b' }, value: 17 });
    assert.throws(() => parseExposition('foo 1\n', true), /# EOF is missing/);
    assert.throws(() => parseExposition('foo 1\n# EOF\nbar 2\n', true), /after # EOF/);
  });
});

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/);
const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/);
const escaped = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

test('property: what is written is read, whatever the labels hold', () => {
  const value = fc.double({ noNaN: true });
  // A carriage return at the end of a line is that of the line; within quotes no text of ours ends in one.
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(name, fc.dictionary(label, text, { maxKeys: 5 }), value, (metric, labels, number) => {
      const pairs = Object.entries(labels).map(([key, content]) => `${key}="${escaped(content)}"`);
      const read = one(`${metric}{${pairs.join(',')}} ${number}\n`);
      assert.equal(read.name, metric);
      assert.deepEqual({ ...read.labels }, { ...labels });
      // Written as text, minus zero is zero.
      assert.equal(read.value, number === 0 ? 0 : number);
    }),
    { examples: [['x', {}, -0]] },
  );
});

test('property: any text is either read or refused with a line', () => {
  const piece = fc.constantFrom(
    'a',
    '{',
    '}',
    '"',
    '=',
    ',',
    ' ',
    '\n',
    '#',
    '1',
    '\\',
    '# TYPE ',
    'NaN',
    '{"',
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
    fc.string(),
  );
  fc.assert(
    fc.property(text, fc.boolean(), (given, isOpen) => {
      try {
        parseExposition(given, isOpen);
      } catch (error) {
        assert.ok(error instanceof Malformed && /^line \d+/.test(error.message), String(error));
      }
    }),
    { numRuns: 1_000 },
  );
});
