// How this chat's answers are to be written.
import type { Conversation } from '../chat/conversation';
import { setSampling } from '../chat/chats';
import { controls, readNumber, usualSampling, type Control, type Sampling } from '../chat/sampling';
import { Icon } from './icons';
import { settingsOpen } from './panels';

function Setting({
  control,
  value,
  onChange,
}: {
  control: Control;
  value: number | null;
  onChange: (value: number | null) => void;
}) {
  const id = `set-${control.name}`;
  return (
    <div class="setting">
      <label for={id}>{control.label}</label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        min={control.low}
        max={control.high}
        step={control.step}
        value={value ?? ''}
        placeholder={control.slider ? String(control.usual) : control.name === 'top_k' ? '0' : 'auto'}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const read = readNumber(control, event.currentTarget.value);
          event.currentTarget.value = read === null ? '' : String(read);
          onChange(read);
        }}
      />
      {control.slider && (
        <input
          type="range"
          aria-label={control.label}
          min={control.low}
          max={control.high}
          step={control.step}
          value={value ?? control.usual}
          onInput={(event) => onChange(Number(event.currentTarget.value))}
        />
      )}
      <small id={`${id}-hint`}>{control.hint}</small>
    </div>
  );
}

export function SettingsPanel({ chat }: { chat: Conversation }) {
  const change = (fields: Partial<Sampling>): void => setSampling(chat.id, { ...chat.sampling, ...fields });
  return (
    <aside class="settings" id="settings" aria-label="Settings of this chat">
      <header>
        <h2>Settings</h2>
        <button type="button" onClick={() => setSampling(chat.id, usualSampling())}>
          Reset
        </button>
        <button type="button" class="quiet" aria-label="Close the settings" onClick={() => settingsOpen.set(false)}>
          <Icon name="close" />
        </button>
      </header>
      <div class="setting">
        <label for="set-system">System prompt</label>
        <textarea
          id="set-system"
          rows={4}
          value={chat.sampling.system}
          placeholder="What the model is told first"
          onInput={(event) => change({ system: event.currentTarget.value })}
        />
      </div>
      {controls.map((control) => (
        <Setting
          key={control.name}
          control={control}
          value={chat.sampling[control.name]}
          onChange={(value) => change({ [control.name]: value })}
        />
      ))}
      <div class="setting">
        <label for="set-stop">Stop at</label>
        <textarea
          id="set-stop"
          rows={2}
          value={chat.sampling.stop}
          aria-describedby="set-stop-hint"
          onInput={(event) => change({ stop: event.currentTarget.value })}
        />
        <small id="set-stop-hint">Texts that end the answer, one a line</small>
      </div>
    </aside>
  );
}
