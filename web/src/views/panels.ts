// What is open beside the page itself.
import { Store } from '../state/store';

export type Panel = '' | 'help' | 'key' | 'data';
export const panel = new Store<Panel>('');
export const settingsOpen = new Store<boolean>(false);
export const menuOpen = new Store<boolean>(false); // on a narrow screen
