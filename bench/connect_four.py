"""Generates boards of Connect Four: dense data with repeated rows, as UCI's connect-4 has them."""

import random

COLUMNS, ROWS = 7, 6
MOVES = 8
BOARDS = 67_557  # as many as UCI has
SEED = 4
EMPTY, FIRST, SECOND = range(3)


def board(generator):
    """The states of all squares, column by column, after random moves."""
    heights = [0] * COLUMNS
    squares = [EMPTY] * (COLUMNS * ROWS)
    for move in range(MOVES):
        column = int(generator.random() * COLUMNS)
        while heights[column] == ROWS:
            column = (column + 1) % COLUMNS
        squares[column * ROWS + heights[column]] = FIRST if move % 2 == 0 else SECOND
        heights[column] += 1
    return squares


def write(path):
    """One board a line; an item is a square and its state, 1 to 126."""
    # Python promises the same numbers of random() for the same seed in all versions.
    generator = random.Random(SEED)
    with open(path, "w") as file:
        for _ in range(BOARDS):
            states = enumerate(board(generator))
            print(*(1 + 3 * square + state for square, state in states), file=file)
