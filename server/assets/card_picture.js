// A card as a picture that explains itself: title, unit and month, legend, what is drawn, and where it comes from.
// Everything is read from the card as it stands on the page, in its colours; nothing is asked from the server.
(function () {
    const SCALE = 2, PAD = 18, GAP = 10, SWATCH = 11;
    const words = (node) => node.textContent.replace(/\s+/g, ' ').trim();

    function without(node, selector) {
        const copy = node.cloneNode(true);
        copy.querySelectorAll(selector).forEach((part) => part.remove());
        return words(copy);
    }

    // Heading, what is chosen, unit and month of a card.
    function told(card) {
        const unit = card.querySelector('header .lm-unit, header .lm-tools .lm-unit');
        const pressed = [...card.querySelectorAll('.lm-segments button[aria-pressed=true]')].map(words).filter((word) => word !== 'All');
        const parts = [...pressed, unit ? without(unit, 'button, lm-help') : '', card.dataset.when || ''];
        return { title: without(card.querySelector('h2'), 'button, lm-help'), chosen: pressed, subtitle: parts.filter(Boolean).join(' · ') };
    }

    // What is SVG of ours, such as the map, as an image: a copy with the looks that the style sheet gives it.
    async function imageOfSvg(svg) {
        const { width, height } = svg.getBoundingClientRect(), copy = svg.cloneNode(true);
        const looks = ['fill', 'stroke', 'stroke-width', 'opacity'], ofText = [...looks, 'paint-order', 'font-family', 'font-size', 'font-weight'];
        const shapes = [...copy.querySelectorAll('path, rect, text')];
        [...svg.querySelectorAll('path, rect, text')].forEach((shape, i) => {
            const style = getComputedStyle(shape);
            (shape.tagName === 'text' ? ofText : looks).forEach((name) => shapes[i].setAttribute(name, style.getPropertyValue(name)));
        });
        copy.querySelectorAll('title').forEach((title) => title.remove());
        copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
        copy.setAttribute('width', width * SCALE);
        copy.setAttribute('height', height * SCALE);
        const image = await load(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`);
        return { image, width, height };
    }

    async function load(url) {
        const image = new Image();
        image.src = url;
        await image.decode();
        return image;
    }

    class Sheet {
        constructor(width, height, font, css) {
            this.canvas = document.createElement('canvas');
            this.canvas.width = width * SCALE;
            this.canvas.height = height * SCALE;
            this.pen = this.canvas.getContext('2d');
            this.pen.scale(SCALE, SCALE);
            this.pen.fillStyle = css('--card');
            this.pen.fillRect(0, 0, width, height);
            this.pen.textBaseline = 'alphabetic';
            Object.assign(this, { width, font, css });
        }
        style(size, weight, colour) { this.pen.font = `${weight} ${size}px ${this.font}`; this.pen.fillStyle = this.css(colour); }
        // Text in lines no wider than the sheet; gives back where it ends.
        text(string, x, y, size, weight, colour, most) {
            this.style(size, weight, colour);
            let line = '';
            for (const word of string.split(' ')) {
                const longer = line ? `${line} ${word}` : word;
                if (line && this.pen.measureText(longer).width > most) { this.pen.fillText(line, x, y + size); y += size * 1.4; line = word; } else line = longer;
            }
            this.pen.fillText(line, x, y + size);
            return y + size * 1.4;
        }
        line(string, x, y, size, weight, colour, align = 'left') {
            this.style(size, weight, colour);
            this.pen.textAlign = align;
            this.pen.fillText(string, x, y);
            this.pen.textAlign = 'left';
            return this.pen.measureText(string).width;
        }
        // The marker of a legend: a shape, a line of some kind, or a patch of colour.
        swatch(item, x, y) {
            const path = item.querySelector('svg path'), mark = item.querySelector('i'), pen = this.pen;
            if (path) {
                pen.save();
                pen.translate(x, y - SWATCH + 1);
                pen.scale(SWATCH / 10, SWATCH / 10);
                pen.fillStyle = path.getAttribute('fill');
                pen.fill(new Path2D(path.getAttribute('d')));
                pen.restore();
                return SWATCH + 5;
            }
            if (!mark) return 0;
            const style = getComputedStyle(mark);
            pen.save();
            if (parseFloat(style.borderTopWidth)) {
                pen.strokeStyle = style.borderTopColor;
                pen.lineWidth = 2;
                pen.setLineDash({ dotted: [2, 2], dashed: [5, 3] }[style.borderTopStyle] || []);
                pen.beginPath();
                pen.moveTo(x, y - 4);
                pen.lineTo(x + 16, y - 4);
                pen.stroke();
            } else {
                pen.globalAlpha = parseFloat(style.opacity);
                pen.fillStyle = style.backgroundColor;
                pen.fillRect(x, y - 9, 14, 10);
            }
            pen.restore();
            return 21;
        }
        legend(list, y) {
            let x = PAD;
            for (const item of list.querySelectorAll('li')) {
                const bold = [...item.querySelectorAll('b')].map(words).join(' '), plain = without(item, 'b, svg, i, button, lm-help');
                this.style(13, 600, '--ink');
                const wide = 24 + this.pen.measureText(`${plain} ${bold}`).width + 18;
                if (x > PAD && x + wide > this.width - PAD) { x = PAD; y += 20; }
                x += this.swatch(item, x, y + 12);
                x += this.line(plain, x, y + 12, 13, 400, '--muted') + 5;
                x += (bold ? this.line(bold, x, y + 12, 13, 600, '--ink') : 0) + 16;
            }
            return y + 24;
        }
        // The colours of a map from one figure to another.
        scale(part, y) {
            const [low, high] = [...part.querySelectorAll('span')].map(words), bar = part.querySelector('i');
            const ends = getComputedStyle(bar).backgroundImage.match(/rgba?\([^)]*\)/g), pen = this.pen;
            let x = PAD + this.line(low, PAD, y + 12, 13, 400, '--muted') + 8;
            const paint = pen.createLinearGradient(x, 0, x + 180, 0);
            ends.forEach((colour, i) => paint.addColorStop(i / (ends.length - 1), colour));
            pen.fillStyle = paint;
            pen.fillRect(x, y + 2, 180, 10);
            this.line(high, x + 188, y + 12, 13, 400, '--muted');
            return y + 24;
        }
        // The figures beside the map, of the country or of the state that was chosen.
        figures(part, x, y, width) {
            const head = part.querySelector('h3'), right = x + width, pen = this.pen;
            const name = without(head, 'small');
            const wide = this.line(name, x, y + 16, 17, 650, '--ink');
            this.line(words(head.querySelector('small')), x + wide + 6, y + 16, 13, 400, '--muted');
            y += 28;
            part.querySelectorAll('dt').forEach((term) => {
                this.line(without(term, 'button, lm-help'), x, y + 14, 14, 400, '--muted');
                this.line(words(term.nextElementSibling), right, y + 14, 14, 600, '--ink', 'right');
                y += 24;
            });
            y += 8;
            part.querySelectorAll('.lm-bars li').forEach((item) => {
                const bar = item.querySelector('u'), share = words(item.querySelector('b'));
                const shift = this.swatch(item, x, y + 14);
                this.line(words(item.querySelector('span')), x + shift, y + 14, 14, 400, '--ink');
                this.line(share, right, y + 14, 14, 600, '--ink', 'right');
                pen.fillStyle = this.css('--soft');
                pen.fillRect(x, y + 20, width, 5);
                pen.fillStyle = getComputedStyle(bar).backgroundColor;
                // A bar is shifted out of its frame by what it lacks (see map.vue).
                pen.fillRect(x, y + 20, (width * (100 + parseFloat(bar.style.transform.slice('translateX('.length)))) / 100, 5);
                y += 32;
            });
            return y;
        }
    }

    // What is drawn in a card: a chart of ECharts, the map with its figures, or the panels by year.
    async function drawn(card, chart) {
        if (chart) {
            const { clientWidth: width, clientHeight: height } = chart.getDom();
            return { image: await load(chart.getDataURL({ type: 'png', pixelRatio: SCALE, backgroundColor: lastmile.css('--card') })), width, height };
        }
        return imageOfSvg(card.querySelector('.lm-map > svg, .lm-yearpanels'));
    }

    async function pictureOf(card, chart) {
        const body = await drawn(card, chart), { title, chosen, subtitle } = told(card);
        const figures = card.querySelector('.lm-figures h3') && card.querySelector('.lm-figures');
        const beside = figures && body.width > 420, side = figures ? (beside ? 270 : body.width) : 0;
        const width = Math.ceil(PAD * 2 + body.width + (beside ? side + 24 : 0));
        const room = 330 + body.height + (figures && !beside ? 340 : 0);
        const font = getComputedStyle(document.body).fontFamily;
        const sheet = new Sheet(width, room, font, lastmile.css), most = width - 2 * PAD;
        let y = sheet.text(title, PAD, PAD, 18, 650, '--ink', most);
        y = sheet.text(subtitle, PAD, y, 13, 400, '--muted', most) + GAP;
        const legend = card.querySelector('.lm-legend'), scale = card.querySelector('.lm-scale');
        if (legend) y = sheet.legend(legend, y);
        if (scale) y = sheet.scale(scale, y);
        y += 4;
        sheet.pen.drawImage(body.image, PAD, y, body.width, body.height);
        let end = y + body.height;
        if (figures) end = Math.max(end, sheet.figures(figures, beside ? PAD + body.width + 24 : PAD, beside ? y : end + GAP, side));
        const source = card.closest('[data-source]');
        end = sheet.text(`Source: ${source ? source.dataset.source : 'The Last Mile'}`, PAD, end + GAP, 12, 400, '--muted', most);
        const whole = document.createElement('canvas');
        whole.width = sheet.canvas.width;
        whole.height = Math.ceil((end + PAD - 4) * SCALE);
        whole.getContext('2d').drawImage(sheet.canvas, 0, 0);
        const name = [title, ...chosen].join(' ').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
        return { canvas: whole, name: `${name}.png` };
    }

    // Downloads a card; `chart` is its ECharts instance, left out for the map.
    lastmile.saveCard = async (card, chart) => {
        const { canvas, name } = await pictureOf(card, chart);
        const url = URL.createObjectURL(await new Promise((done) => canvas.toBlob(done, 'image/png')));
        lastmile.saveFile(url, name);
        setTimeout(() => URL.revokeObjectURL(url), 10000);
    };
})();
