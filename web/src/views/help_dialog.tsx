// The keys that do something.
import { Dialog } from './dialog';
import { shortcuts } from './shortcuts';

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        <div>
          <dt>
            <kbd>Enter</kbd>
          </dt>
          <dd>Send</dd>
        </div>
        <div>
          <dt>
            <kbd>Shift</kbd> <kbd>Enter</kbd>
          </dt>
          <dd>New line</dd>
        </div>
        <div>
          <dt>
            <kbd>↑</kbd>
          </dt>
          <dd>In an empty message: edit the last one</dd>
        </div>
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Stop writing; close what is open; leave the message</dd>
        </div>
        {shortcuts.map((one) => (
          <div key={one.key}>
            <dt>
              <kbd>{one.key}</kbd>
            </dt>
            <dd>{one.does}</dd>
          </div>
        ))}
      </dl>
      <p class="soft">Single letters work while no text is being typed.</p>
    </Dialog>
  );
}
