// Which theme a person has chosen.
import { keep, kept } from './kept';
import { showTheme, type Theme } from './show_theme';
import { Store } from './store';

export type { Theme };

export const theme = new Store<Theme>(kept<Theme>('theme', 'auto'));

export function setTheme(wanted: Theme): void {
  keep('theme', wanted);
  showTheme(wanted);
  theme.set(wanted);
}

export const nextTheme = (now: Theme): Theme => (now === 'auto' ? 'light' : now === 'light' ? 'dark' : 'auto');
