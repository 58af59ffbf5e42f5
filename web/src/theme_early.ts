// Runs before anything is drawn, so that a dark page never flashes light.
import { kept } from './state/kept';
import { showTheme, type Theme } from './state/show_theme';

showTheme(kept<Theme>('theme', 'auto'));
