// Begins the page.
import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/controls.css';
import './style/chat.css';
import './style/markdown.css';
import './style/lab.css';
import './style/corpus.css';
import { loadServed } from './api/server';
import { loadChats } from './chat/chats';
import { App } from './views/app';
import { listenForKeys } from './views/shortcuts';

render(<App />, document.getElementById('app')!);
listenForKeys();
void loadServed();
void loadChats();
