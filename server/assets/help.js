// <lm-help term="seed">: a '?' that explains a term of the glossary, the same on every page. Where the explanation is
// not in the glossary, it comes along: <lm-help name="On time" text="Share of its parcels.">. A tap, a click, Enter or
// space opens it; Escape or a tap elsewhere closes it. It lies above the page and moves nothing.
(function () {
    let count = 0;
    const EDGE = 12, WIDEST = 320;

    class Help extends HTMLElement {
        static get observedAttributes() { return ['term', 'name', 'text']; }

        connectedCallback() {
            if (!this.button) this.build();
            this.label();
        }

        disconnectedCallback() { this.close(); }

        attributeChangedCallback() {
            if (!this.button) return;
            this.label();
            if (this.isOpen) this.note.textContent = this.words;
        }

        get subject() { return this.getAttribute('name') || this.getAttribute('term') || ''; }
        get words() { return this.getAttribute('text') || lastmile.terms[this.getAttribute('term')] || ''; }
        get isOpen() { return this.note.matches(':popover-open'); }

        build() {
            this.button = document.createElement('button');
            this.note = document.createElement('span');
            Object.assign(this.note, { id: `lm-help-${(count += 1)}`, className: 'lm-tip' });
            this.note.setAttribute('role', 'status');
            this.note.setAttribute('popover', 'manual');
            Object.assign(this.button, { type: 'button', className: 'lm-help', textContent: '?' });
            this.button.setAttribute('aria-expanded', 'false');
            this.button.setAttribute('aria-controls', this.note.id);
            this.button.addEventListener('click', (event) => { event.preventDefault(); event.stopPropagation(); if (this.isOpen) this.close(); else this.open(); });
            this.append(this.button, this.note);
        }

        label() { this.button.setAttribute('aria-label', `What is ${this.subject}?`); }

        open() {
            if (Help.shown) Help.shown.close();
            this.seen = false;
            this.note.textContent = this.words;
            this.note.showPopover();
            this.button.setAttribute('aria-expanded', 'true');
            Help.shown = this;
            this.follow();
        }

        close() {
            if (Help.shown === this) Help.shown = null;
            if (!this.note || !this.isOpen) return;
            this.note.hidePopover();
            this.button.setAttribute('aria-expanded', 'false');
        }

        // Stays with its button while the page scrolls, and goes when that leaves the window; a button that the keyboard
        // has chosen may still be on its way into it.
        follow() {
            const { top, bottom } = this.button.getBoundingClientRect();
            const outside = bottom < 0 || top > innerHeight;
            if (outside && this.seen) { this.close(); return; }
            this.seen = this.seen || !outside;
            this.place();
        }

        // Below the button and inside the window; above it where there is no room below.
        place() {
            const button = this.button.getBoundingClientRect(), style = this.note.style;
            style.maxWidth = `${Math.min(WIDEST, innerWidth - 2 * EDGE)}px`;
            style.left = style.top = '0';
            const note = this.note.getBoundingClientRect();
            style.left = `${Math.max(EDGE, Math.min(button.left - EDGE, innerWidth - note.width - EDGE))}px`;
            const below = button.bottom + 6;
            style.top = `${below + note.height + EDGE > innerHeight ? Math.max(EDGE, button.top - note.height - 6) : below}px`;
        }
    }
    Help.shown = null;
    const close = () => { if (Help.shown) Help.shown.close(); };
    document.addEventListener('pointerdown', (event) => { if (Help.shown && !Help.shown.contains(event.target)) close(); });
    document.addEventListener('focusin', (event) => { if (Help.shown && !Help.shown.contains(event.target)) close(); });
    document.addEventListener('scroll', () => Help.shown && Help.shown.follow(), { capture: true, passive: true });
    window.addEventListener('resize', close);
    window.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape' || !Help.shown) return;
        const { button } = Help.shown;
        close();
        button.focus();
    });

    customElements.define('lm-help', Help);
})();
