import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, count, plural, seconds } from './format';

test('numbers for people', () => {
  assert.equal(count(0), '0');
  assert.equal(count(9999), '9999');
  assert.equal(count(12345), '12.3 k');
  assert.equal(count(1.1e9), '1.1 B');
  assert.equal(count(1.23456), '1.235');
  assert.equal(bytes(999), '999 B');
  assert.equal(bytes(1536), '1.54 kB');
  assert.equal(bytes(3.2e9), '3.2 GB');
  assert.equal(seconds(0.042), '42 ms');
  assert.equal(seconds(3.14159), '3.1 s');
  assert.equal(seconds(75), '1 min 15 s');
  assert.equal(seconds(7260), '2 h 1 min');
  assert.equal(plural(1, 'token'), '1 token');
  assert.equal(plural(2, 'token'), '2 tokens');
});
