import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { addLane, addMessage, exported, isEmpty, newConversation, tip, titleOf } from './conversation';
import { changedCount, controls, readNumber, requestFields, usualSampling } from './sampling';
import type { Message } from './tree';

globalThis.crypto ??= webcrypto as Crypto; // Debian 12's Node keeps it to its module, unlike browsers

const prompt = (id: string, text: string): Message => ({ id, parent: '', role: 'user', text, made: 5, state: 'done' });

test('a conversation is called after its first prompt, unless it has a name', () => {
  let one = newConversation(['m']);
  assert.equal(titleOf(one), 'New chat');
  assert.ok(isEmpty(one));
  one = addMessage(one, one.lanes[0]!.id, prompt('p', 'Why is the sky blue?\nSecond line'));
  assert.equal(titleOf(one), 'Why is the sky blue?');
  assert.equal(one.updated, 5);
  assert.equal(titleOf({ ...one, title: 'Sky' }), 'Sky');
  assert.ok(titleOf(addMessage(newConversation(['m']), 'nobody', prompt('p', 'x'))) === 'New chat');
});

test('a model that is added goes on from what was said', () => {
  let one = newConversation(['m']);
  one = addMessage(one, one.lanes[0]!.id, prompt('p', 'x'));
  const two = addLane(one, 'n');
  assert.equal(two.lanes.length, 2);
  assert.equal(tip(two.lanes[1]!.tree), 'p');
  assert.notEqual(two.lanes[0]!.id, two.lanes[1]!.id);
  assert.equal((JSON.parse(exported([two])) as { conversations: unknown[] }).conversations.length, 1);
});

test("settings become the fields of a request, and nothing where they are the server's own", () => {
  assert.deepEqual(requestFields({ ...usualSampling(), temperature: null }), {});
  assert.deepEqual(requestFields({ ...usualSampling(), temperature: 0, seed: 7, stop: 'END\n\nStop' }), {
    temperature: 0,
    seed: 7,
    stop: ['END', 'Stop'],
  });
  assert.equal(changedCount(usualSampling()), 0);
  assert.equal(changedCount({ ...usualSampling(), seed: 0 }), 1);
});

test('typed numbers are kept within their bounds', () => {
  const control = (name: string) => controls.find((one) => one.name === name)!;
  assert.equal(readNumber(control('temperature'), '9'), 2);
  assert.equal(readNumber(control('temperature'), '0.35'), 0.35);
  assert.equal(readNumber(control('top_k'), '40.4'), 40);
  assert.equal(readNumber(control('seed'), ' '), null);
  assert.equal(readNumber(control('seed'), 'x'), null);
});
