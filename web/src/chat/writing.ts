// What a person does in a conversation: says something, edits, asks again, stops. Answers stream into their message.
import { streamChat, type Said } from '../api/chat';
import { Problem } from '../api/problem';
import { loadServed, served } from '../api/server';
import { sayOf } from '../api/replies';
import { kept, keep } from '../state/kept';
import { Store } from '../state/store';
import { changeChat, chats } from './chats';
import { addMessage, changeLane, newId, tip, type Conversation, type Lane } from './conversation';
import { ancestry, change, path, turn, type Facts, type Message } from './tree';

// Messages that are being written, and how to stop them.
const writing = new Map<string, { chat: string; stop: AbortController }>();
export const writingCount = new Store<number>(0);
// What a screen reader is told.
export const announcement = new Store<string>('');

export const keepsContent = new Store<boolean>(kept('store', false));
export function setKeepsContent(wanted: boolean): void {
  keep('store', wanted);
  keepsContent.set(wanted);
}

const find = (chat: string): Conversation | undefined => chats.get().all.find((one) => one.id === chat);
const changeMessage = (chat: string, lane: string, id: string, fields: Partial<Message>): void =>
  changeChat(chat, (one) => changeLane(one, lane, (it) => ({ ...it, tree: change(it.tree, id, fields) })));

export const isWriting = (chat: string): boolean => [...writing.values()].some((one) => one.chat === chat);

export function stop(chat: string): void {
  for (const one of writing.values()) {
    if (one.chat === chat) one.stop.abort();
  }
}

const said = (conversation: Conversation, lane: Lane, upTo: string): Said[] => [
  ...(conversation.sampling.system.trim() === ''
    ? []
    : [{ role: 'system' as const, content: conversation.sampling.system }]),
  ...ancestry(lane.tree, upTo)
    .filter((message) => message.role === 'user' || message.text !== '')
    .map((message) => ({ role: message.role, content: message.text })),
];

// A new answer of the lane's model below `prompt`.
async function answer(chat: string, laneId: string, prompt: string): Promise<void> {
  const conversation = find(chat);
  const lane = conversation?.lanes.find((one) => one.id === laneId);
  if (!conversation || !lane) return;
  const id = newId();
  const facts: Facts = { model: lane.model, pieces: 0 };
  const messages = said(conversation, lane, prompt);
  changeChat(chat, (one) =>
    addMessage(one, laneId, {
      id,
      parent: prompt,
      role: 'assistant',
      text: '',
      made: Date.now(),
      state: 'writing',
      facts,
    }),
  );
  const stopping = new AbortController();
  writing.set(id, { chat, stop: stopping });
  writingCount.set(writing.size);
  const began = performance.now();
  let text = '';
  let due: ReturnType<typeof setTimeout> | undefined;
  const show = (fields: Partial<Message> = {}): void => {
    clearTimeout(due);
    due = undefined;
    changeMessage(chat, laneId, id, { text, facts: { ...facts }, ...fields });
  };
  const end = (state: Message['state'], problem?: string): void => {
    facts.took = performance.now() - began;
    show({ state, problem });
    announcement.set(
      problem ?? `${lane.model} ${state === 'stopped' ? 'was stopped' : 'has answered'}: ${text.slice(0, 300)}`,
    );
  };
  try {
    await streamChat(
      lane.model,
      messages,
      conversation.sampling,
      keepsContent.get() && served.get().about?.feedback === true,
      {
        id: (reply) => {
          facts.reply = reply;
        },
        text: (piece) => {
          facts.first ??= performance.now() - began;
          facts.pieces += 1;
          text += piece;
          due ??= setTimeout(show, 40); // drawn at most 25 times a second
        },
        finish: (reason) => {
          facts.finish = reason;
        },
        usage: (usage) => {
          facts.prompt = usage.prompt_tokens;
          facts.written = usage.completion_tokens;
          facts.cached = usage.prompt_tokens_details?.cached_tokens;
        },
      },
      stopping.signal,
    );
    end('done');
  } catch (error) {
    if (stopping.signal.aborted) {
      end('stopped');
    } else {
      const problem = error instanceof Problem ? error : new Problem(String(error));
      end('failed', problem.message);
      if (problem.needsKey) void loadServed();
    }
  } finally {
    writing.delete(id);
    writingCount.set(writing.size);
  }
}

// Says `text` to every model of the conversation.
export function say(chat: string, text: string): void {
  const conversation = find(chat);
  if (!conversation || text.trim() === '') return;
  const id = newId();
  keep(
    'models',
    conversation.lanes.map((lane) => lane.model),
  );
  announcement.set('Sent.');
  for (const lane of conversation.lanes) {
    changeChat(chat, (one) =>
      addMessage(one, lane.id, { id, parent: tip(lane.tree), role: 'user', text, made: Date.now(), state: 'done' }),
    );
    void answer(chat, lane.id, id);
  }
}

// Says a prompt in other words, wherever it stands, in a branch of its own.
export function editPrompt(chat: string, id: string, text: string): void {
  const conversation = find(chat);
  if (!conversation || text.trim() === '') return;
  const now = newId();
  for (const lane of conversation.lanes) {
    const before = lane.tree.messages[id];
    if (!before || !path(lane.tree).includes(before)) continue;
    changeChat(chat, (one) => addMessage(one, lane.id, { ...before, id: now, text, made: Date.now() }));
    void answer(chat, lane.id, now);
  }
}

export function regenerate(chat: string, lane: string, id: string): void {
  const message = find(chat)?.lanes.find((one) => one.id === lane)?.tree.messages[id];
  if (message) void answer(chat, lane, message.parent);
}

// A person's words in place of the model's: a branch, and a fact for tuning where the server takes feedback.
export async function editAnswer(chat: string, lane: string, id: string, text: string): Promise<void> {
  const message = find(chat)?.lanes.find((one) => one.id === lane)?.tree.messages[id];
  if (!message || text === message.text) return;
  changeChat(chat, (one) =>
    addMessage(one, lane, {
      ...message,
      id: newId(),
      text,
      made: Date.now(),
      state: 'done',
      problem: undefined,
      facts: { model: message.facts?.model ?? '', pieces: 0, reply: message.facts?.reply, edited: true },
    }),
  );
  if (served.get().about?.feedback && message.facts?.reply) await sayOf(message.facts.reply, { edit: text });
}

export async function rate(chat: string, lane: string, id: string, rating: 'up' | 'down'): Promise<void> {
  const message = find(chat)?.lanes.find((one) => one.id === lane)?.tree.messages[id];
  if (!message?.facts?.reply) return;
  await sayOf(message.facts.reply, { rating });
  changeMessage(chat, lane, id, { facts: { ...message.facts, rating } });
}

export function showSibling(chat: string, lane: string, id: string, by: number): void {
  changeChat(chat, (one) => changeLane(one, lane, (it) => ({ ...it, tree: turn(it.tree, id, by) })));
}
