// The open chat: its models, what was said, and where to say more.
import { useState } from 'preact/hooks';
import { loadServed, served, type Model } from '../api/server';
import { changeChat, chats, current } from '../chat/chats';
import { addLane, changeLane, isEmpty, titleOf, type Conversation, type Lane } from '../chat/conversation';
import { changedCount } from '../chat/sampling';
import { useStore } from '../state/store';
import { Composer } from './composer';
import { count } from './format';
import { Icon, Mark } from './icons';
import { ProblemNotice } from './notice';
import { menuOpen, settingsOpen } from './panels';
import { SettingsPanel } from './settings_panel';
import { Thread } from './thread';

const kMostLanes = 4;

function ModelPicker({ chat, lane, models }: { chat: Conversation; lane: Lane; models: Model[] }) {
  const known = models.some((model) => model.id === lane.model);
  if (lane.model === '' && models.length === 0) return null;
  return (
    <span class="model">
      <select
        aria-label="Model"
        value={lane.model}
        title={lane.model}
        onChange={(event) => {
          const model = event.currentTarget.value;
          changeChat(chat.id, (one) => changeLane(one, lane.id, (it) => ({ ...it, model })));
        }}
      >
        {!known && <option value={lane.model}>{lane.model || 'no model'} (not served)</option>}
        {models.map((model) => (
          <option key={model.id} value={model.id}>
            {model.id}
          </option>
        ))}
      </select>
      {chat.lanes.length > 1 && (
        <button
          type="button"
          class="quiet"
          aria-label={`Remove ${lane.model}`}
          title="Remove"
          onClick={() => changeChat(chat.id, (one) => ({ ...one, lanes: one.lanes.filter((it) => it.id !== lane.id) }))}
        >
          <Icon name="close" />
        </button>
      )}
    </span>
  );
}

function Welcome({ models, lanes }: { models: Model[]; lanes: Lane[] }) {
  const chosen = models.filter((model) => lanes.some((lane) => lane.model === model.id));
  return (
    <div class="welcome">
      <Mark />
      <h1>What is on your mind?</h1>
      {chosen.map((model) => (
        <p class="soft" key={model.id}>
          {model.id}: {count(model.persea.parameters)} parameters, reads and writes up to {count(model.max_model_len)}{' '}
          tokens
        </p>
      ))}
    </div>
  );
}

export function ChatPage() {
  const state = useStore(chats);
  const server = useStore(served);
  const settings = useStore(settingsOpen);
  const [shown, setShown] = useState(0); // the lane on a narrow screen
  const chat = current(state);
  if (!chat) return null;
  const models = server.models.filter((model) => model.persea.chat);
  const add = (): void => {
    const unused = models.find((model) => !chat.lanes.some((lane) => lane.model === model.id)) ?? models[0];
    if (unused) changeChat(chat.id, (one) => addLane(one, unused.id));
  };
  const changed = changedCount(chat.sampling);
  const front = Math.min(shown, chat.lanes.length - 1);
  const several = chat.lanes.length > 1;
  const picker = (lane: Lane) => <ModelPicker key={lane.id} chat={chat} lane={lane} models={models} />;
  return (
    <div class="chat-page">
      <header class="bar">
        <button type="button" class="quiet narrow-only" aria-label="Menu" onClick={() => menuOpen.set(true)}>
          <Icon name="menu" />
        </button>
        {several ? <h1 class="bar-title">{titleOf(chat)}</h1> : <div class="models">{picker(chat.lanes[0]!)}</div>}
        {chat.lanes.length < kMostLanes && models.length > 0 && (
          <button
            type="button"
            class="quiet labelled"
            aria-label="Compare"
            onClick={add}
            title="Ask another model the same, side by side"
          >
            <Icon name="columns" /> <span>Compare</span>
          </button>
        )}
        <button
          type="button"
          class={`quiet labelled${settings ? ' on' : ''}`}
          aria-label="Settings"
          aria-expanded={settings}
          aria-controls="settings"
          onClick={() => settingsOpen.set(!settings)}
          title="Settings (s)"
        >
          <Icon name="tune" /> <span>Settings</span>
          {changed > 0 && (
            <b class="badge" title={`${changed} changed`}>
              {changed}
            </b>
          )}
        </button>
      </header>
      <div class="chat-body">
        <section class="talk" aria-label={titleOf(chat)}>
          {server.problem && <ProblemNotice problem={server.problem} onRetry={() => void loadServed()} />}
          {!server.problem && !server.loading && models.length === 0 && (
            <p class="notice" role="alert">
              <span>
                No model that is served here can chat: they bring no chat template. /v1/completions writes with them.
              </span>
            </p>
          )}
          {several && (
            <div class="lane-tabs" role="tablist" aria-label="Models">
              {chat.lanes.map((lane, at) => (
                <button
                  type="button"
                  role="tab"
                  key={lane.id}
                  aria-selected={at === front}
                  onClick={() => setShown(at)}
                >
                  {lane.model}
                </button>
              ))}
            </div>
          )}
          {isEmpty(chat) && !several ? (
            <Welcome models={models} lanes={chat.lanes} />
          ) : (
            <div class="lanes" data-count={chat.lanes.length}>
              {chat.lanes.map((lane, at) => (
                <Thread key={lane.id} chat={chat.id} lane={lane} head={several && picker(lane)} front={at === front} />
              ))}
            </div>
          )}
          <Composer chat={chat} ready={models.length > 0} />
        </section>
        {settings && <SettingsPanel chat={chat} />}
      </div>
    </div>
  );
}
