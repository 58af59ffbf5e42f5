// The API key that requests carry: kept for this tab, or, if wanted, in this browser.
import { forget, keep, kept } from '../state/kept';
import { Store } from '../state/store';

export const key = new Store<string>(kept('key', '', 'session') || kept('key', ''));
export const keyIsKept = (): boolean => kept('key', '') !== '';

export function setKey(text: string, remember: boolean): void {
  forget('key');
  forget('key', 'session');
  if (text !== '') keep('key', text, remember ? 'local' : 'session');
  key.set(text);
}
