// A conversation: one lane for each model that it is held with, side by side. A prompt goes to all lanes under one id, so
// that an edit of it finds its place in each of them.
import { usualSampling, type Sampling } from './sampling';
import { add, emptyTree, path, settled, type Message, type Tree } from './tree';

export interface Lane {
  id: string;
  model: string;
  tree: Tree;
}

export interface Conversation {
  id: string;
  title: string; // '': taken from the first prompt
  created: number;
  updated: number;
  sampling: Sampling;
  lanes: Lane[];
}

export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, '0')).join('');

export function newConversation(models: string[], sampling: Sampling = usualSampling()): Conversation {
  const now = Date.now();
  return {
    id: newId(),
    title: '',
    created: now,
    updated: now,
    sampling: { ...sampling },
    lanes: models.map((model) => ({ id: newId(), model, tree: emptyTree() })),
  };
}

const firstPrompt = (conversation: Conversation): string =>
  Object.values(conversation.lanes[0]?.tree.messages ?? {}).find((one) => one.role === 'user')?.text ?? '';

export function titleOf(conversation: Conversation): string {
  if (conversation.title !== '') return conversation.title;
  const line = firstPrompt(conversation).trim().split('\n')[0] ?? '';
  return line === '' ? 'New chat' : line.length > 60 ? line.slice(0, 59) + '…' : line;
}

export const isEmpty = (conversation: Conversation): boolean =>
  conversation.lanes.every((lane) => Object.keys(lane.tree.messages).length === 0);

export function changeLane(conversation: Conversation, lane: string, change: (lane: Lane) => Lane): Conversation {
  return { ...conversation, lanes: conversation.lanes.map((one) => (one.id === lane ? change(one) : one)) };
}

// The last message that is shown, '' where there is none.
export const tip = (tree: Tree): string => path(tree).at(-1)?.id ?? '';

// One more model, which goes on from what the first lane shows.
export function addLane(conversation: Conversation, model: string): Conversation {
  const first = conversation.lanes[0];
  return {
    ...conversation,
    lanes: [...conversation.lanes, { id: newId(), model, tree: first ? settled(first.tree) : emptyTree() }],
  };
}

export function addMessage(conversation: Conversation, lane: string, message: Message): Conversation {
  return {
    ...changeLane(conversation, lane, (one) => ({ ...one, tree: add(one.tree, message) })),
    updated: message.made,
  };
}

// What a person may take away: everything but what only this page needs.
export function exported(conversations: Conversation[]): string {
  return JSON.stringify({ format: 'persea-conversations', version: 1, conversations }, null, 2) + '\n';
}
