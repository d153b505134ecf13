# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws panels of lines over logarithmic axes as one SVG."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 460, 400       # of a panel
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 46, 132
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7f7f7f",
          "#882255")
UNITS = ((1, "s"), (1e-3, "ms"), (1e-6, "µs"))


def time_label(value):
    factor, unit = next((u for u in UNITS if value >= u[0] * 0.999), UNITS[-1])
    return f"{value / factor:g} {unit}"


class Panel:
    """One picture: lines are {name: [(x, y), ...]}, y in seconds."""

    def __init__(self, title, axis, lines, at):
        self.title, self.axis, self.lines, self.at = title, axis, lines, at
        xs = [x for points in lines.values() for x, _ in points]
        ys = [y for points in lines.values() for _, y in points]
        self.x = (math.log10(min(xs)), math.log10(max(xs)))
        self.y = (math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys))))
        self.ticks = sorted(set(xs))

    def place(self, x, y):
        across = (math.log10(x) - self.x[0]) / (self.x[1] - self.x[0])
        up = (math.log10(y) - self.y[0]) / (self.y[1] - self.y[0])
        return (self.at + LEFT + across * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    def text(self, x, y, text, anchor="middle", **more):
        style = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(text)}</text>'

    def grid(self):
        low, high = 10 ** self.x[0], 10 ** self.x[1]
        yield self.text(self.at + (LEFT + WIDTH - RIGHT) / 2, 24, self.title, font_weight="bold")
        for power in range(self.y[0], self.y[1] + 1):
            (x1, y), (x2, _) = self.place(low, 10 ** power), self.place(high, 10 ** power)
            yield (f'<path d="M{x1:.1f} {y:.1f}H{x2:.1f}" stroke="#dddddd"/>' +
                   self.text(x1 - 6, y + 4, time_label(10 ** power), "end"))
        for tick in self.ticks:
            x, y = self.place(tick, 10 ** self.y[0])
            yield (f'<path d="M{x:.1f} {y:.1f}v5" stroke="#333333"/>' +
                   self.text(x, y + 18, f"{tick:,}"))
        yield self.text(self.at + (LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 36, self.axis)

    def slope(self):
        """A dashed line that grows as the number does: what is steeper is worse than linear."""
        span = min(self.x[1] - self.x[0], self.y[1] - self.y[0])
        start = 10 ** self.x[1] / 10 ** span, 10 ** self.y[0]
        (x1, y1) = self.place(*start)
        (x2, y2) = self.place(10 ** self.x[1], 10 ** (self.y[0] + span))
        yield (f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#999999" '
               'stroke-dasharray="4 4"/>')

    def draw(self):
        yield from self.grid()
        yield from self.slope()
        for i, (name, points) in enumerate(self.lines.items()):
            color = COLORS[i % len(COLORS)]
            places = [self.place(x, y) for x, y in points]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            yield f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>'
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>'
                        for x, y in places)
            x = self.at + LEFT - 40 + i % 3 * 135
            y = HEIGHT - BOTTOM + 62 + i // 3 * 20
            yield (f'<path d="M{x} {y - 4}h18" stroke="{color}" stroke-width="2"/>' +
                   self.text(x + 24, y, name, "start"))


def draw(panels):
    """panels: (title, what is across, lines); the text of the SVG."""
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" '
             f'viewBox="0 0 {WIDTH * len(panels)} {HEIGHT}" font-family="sans-serif" font-size="12">',
             "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->",
             '<rect width="100%" height="100%" fill="#ffffff"/>']
    for i, (title, axis, lines) in enumerate(panels):
        parts += Panel(title, axis, lines, i * WIDTH).draw()
    return "\n".join(parts) + "\n</svg>\n"
