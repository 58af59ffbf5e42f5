import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventReader } from './events';

test('events come whole however the stream is cut', () => {
  const stream = 'data: {"a":1}\n\n: a comment\ndata: two\r\ndata: lines\r\n\r\nevent: x\ndata:[DONE]\n\ndata: half';
  const whole = new EventReader().read(stream);
  assert.deepEqual(whole, ['{"a":1}', 'two\nlines', '[DONE]']);
  for (let size = 1; size < 9; ++size) {
    const reader = new EventReader();
    const events: string[] = [];
    for (let at = 0; at < stream.length; at += size) events.push(...reader.read(stream.slice(at, at + size)));
    assert.deepEqual(events, whole, `in pieces of ${size}`);
  }
});
