// What a model answered, what is known of it, and what can be done with it.
import { memo } from 'preact/compat';
import { useState } from 'preact/hooks';
import { Problem } from '../api/problem';
import { served } from '../api/server';
import type { Lane } from '../chat/conversation';
import type { Facts, Message } from '../chat/tree';
import { editAnswer, rate, regenerate } from '../chat/writing';
import { Markdown } from '../markdown/view';
import { useStore } from '../state/store';
import { editing } from './composer';
import { CopyButton } from './copy';
import { Editor } from './editor';
import { plural, seconds } from './format';
import { Icon } from './icons';
import { Siblings } from './siblings';
import { Where } from './where';

function FactsLine({ facts, state }: { facts: Facts; state: Message['state'] }) {
  const parts: string[] = [];
  if (facts.edited) parts.push('edited by you');
  if (facts.written !== undefined) parts.push(plural(facts.written, 'token'));
  else if (facts.pieces > 0) parts.push(`about ${plural(facts.pieces, 'token')}`);
  const writing = facts.took !== undefined && facts.first !== undefined ? (facts.took - facts.first) / 1000 : 0;
  const tokens = (facts.written ?? facts.pieces) - 1;
  if (writing > 0.001 && tokens > 0) parts.push(`${Math.round(tokens / writing)} tokens/s`);
  if (facts.first !== undefined) parts.push(`first after ${seconds(facts.first / 1000)}`);
  if (facts.prompt !== undefined)
    parts.push(`prompt of ${facts.prompt}${facts.cached ? ` (${facts.cached} kept)` : ''}`);
  if (state === 'stopped') parts.push('stopped');
  if (facts.finish === 'length') parts.push('cut off at its longest');
  return (
    <p class="facts">
      {facts.reply && (
        <CopyButton text={facts.reply} label={`Copy the id ${facts.reply}`}>
          <code>{facts.reply.length > 20 ? facts.reply.slice(0, 17) + '…' : facts.reply}</code>
        </CopyButton>
      )}
      {parts.map((part) => (
        <span key={part}>{part}</span>
      ))}
    </p>
  );
}

const Text = memo(Markdown);

export function AnswerView({ chat, lane, message }: { chat: string; lane: Lane; message: Message }) {
  const { about } = useStore(served);
  const edited = useStore(editing) === message.id;
  const [where, setWhere] = useState(false);
  const [told, setTold] = useState('');
  const facts = message.facts ?? { model: lane.model, pieces: 0 };
  const tell = (error: unknown): void => setTold(error instanceof Problem ? error.message : String(error));
  const busy = message.state === 'writing';
  if (edited) {
    return (
      <Editor
        text={message.text}
        label="Edit the answer"
        action="Keep my version"
        onCancel={() => editing.set('')}
        onDone={(text) => {
          editing.set('');
          editAnswer(chat, lane.id, message.id, text).catch(tell);
        }}
      />
    );
  }
  const thumb = (rating: 'up' | 'down') => (
    <button
      type="button"
      class={`quiet${facts.rating === rating ? ' on' : ''}`}
      aria-pressed={facts.rating === rating}
      aria-label={rating === 'up' ? 'A good answer' : 'A poor answer'}
      title={rating === 'up' ? 'A good answer' : 'A poor answer'}
      onClick={() => {
        setTold('');
        rate(chat, lane.id, message.id, rating).catch(tell);
      }}
    >
      <Icon name={rating} />
    </button>
  );
  return (
    <>
      <h3 class="offscreen">{facts.model}</h3>
      <div class="answer-text" aria-busy={busy}>
        {message.text === '' && busy ? (
          <p class="waiting">
            <span />
            <span />
            <span />
            <b class="offscreen">Waiting for {facts.model}</b>
          </p>
        ) : (
          <Text text={message.text} />
        )}
        {message.text === '' && message.state === 'done' && <p class="soft">(an empty answer)</p>}
      </div>
      {message.problem && (
        <p class="notice" role="alert">
          <span>{message.problem}</span>
        </p>
      )}
      {!busy && (
        <div class="tools">
          <Siblings chat={chat} lane={lane} id={message.id} />
          <CopyButton text={message.text} label="Copy the answer" />
          <button
            type="button"
            class="quiet"
            aria-label="Regenerate"
            title="Another answer"
            onClick={() => regenerate(chat, lane.id, message.id)}
          >
            <Icon name="again" />
          </button>
          {message.text !== '' && (
            <button
              type="button"
              class="quiet"
              aria-label="Edit the answer"
              title="Write it as it should be"
              onClick={() => editing.set(message.id)}
            >
              <Icon name="edit" />
            </button>
          )}
          {facts.reply && about?.feedback && (
            <>
              {thumb('up')}
              {thumb('down')}
            </>
          )}
          {facts.reply && (
            <button
              type="button"
              class="quiet"
              aria-label="Where does this come from?"
              title="Where does this come from?"
              onClick={() => setWhere(true)}
            >
              <Icon name="root" />
            </button>
          )}
          <FactsLine facts={facts} state={message.state} />
        </div>
      )}
      <p class="wrong" role="status">
        {told}
      </p>
      {where && facts.reply && <Where reply={facts.reply} onClose={() => setWhere(false)} />}
    </>
  );
}
