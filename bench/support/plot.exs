Code.require_file("../../examples/vector_demo/png.exs", __DIR__)

defmodule LibsqlBench.Plot do
  @moduledoc false
  # A picture of series of points: x on a logarithmic axis, numbers at the axes.

  alias VectorDemo.Png

  @width 720
  @height 440
  @margin 48
  @background <<255, 255, 255>>
  @grid <<222, 222, 222>>
  @ink <<70, 70, 70>>
  # Digits of 3 × 5 dots, a line in each octal digit.
  @font %{
    ?0 => 0o75557,
    ?1 => 0o26227,
    ?2 => 0o71747,
    ?3 => 0o71717,
    ?4 => 0o55711,
    ?5 => 0o74717,
    ?6 => 0o74757,
    ?7 => 0o71111,
    ?8 => 0o75757,
    ?9 => 0o75717,
    ?. => 0o00002
  }

  @doc """
  Writes `series`, a list of `{colour, points}`. `xs` and `ys` are the numbers at the axes, ascending, the first and the last at its
  ends; points beyond are moved there.
  """
  def write(path, series, xs, ys) do
    place = fn {x, y} -> {across(x, xs), up(y, ys)} end
    vertical = for x <- xs, do: line({across(x, xs), @margin}, {across(x, xs), @height - @margin})
    level = for y <- ys, do: line({@margin, up(y, ys)}, {@width - @margin, up(y, ys)})
    below = for x <- xs, do: text(x, across(x, xs) - 8, @height - @margin + 10)
    beside = for y <- ys, do: text(y, 6, up(y, ys) - 5)
    frame = for dots <- [vertical, level], dot <- List.flatten(dots), do: {dot, @grid}
    labels = for dot <- List.flatten([below, beside]), do: {dot, @ink}

    drawn =
      for {colour, points} <- series, dot <- curve(Enum.map(points, place)), do: {dot, colour}

    dots = Map.new(frame ++ labels ++ drawn)

    pixels =
      for y <- 0..(@height - 1), x <- 0..(@width - 1), into: <<>> do
        Map.get(dots, {x, y}, @background)
      end

    File.write!(path, Png.encode(@width, @height, pixels))
  end

  defp across(x, xs) do
    [from, to, at] = for value <- [hd(xs), List.last(xs), x], do: :math.log(value)
    @margin + scaled(at, from, to, @width - 2 * @margin)
  end

  defp up(y, ys),
    do: @height - @margin - scaled(y, hd(ys), List.last(ys), @height - 2 * @margin)

  defp scaled(value, from, to, size) do
    share = (value - from) / (to - from)
    round(size * min(max(share, 0), 1))
  end

  # Squares, joined by lines.
  defp curve(places) do
    squares = for {x, y} <- places, i <- -3..3, j <- -3..3, do: {x + i, y + j}
    lines = for [one, other] <- Enum.chunk_every(places, 2, 1, :discard), do: line(one, other)
    List.flatten([lines | squares])
  end

  defp line({x1, y1}, {x2, y2}) do
    steps = Enum.max([abs(x2 - x1), abs(y2 - y1), 1])

    for step <- 0..steps,
        do: {x1 + round((x2 - x1) * step / steps), y1 + round((y2 - y1) * step / steps)}
  end

  # Twice the font's size.
  defp text(number, left, top) do
    for {character, index} <- Enum.with_index(to_charlist("#{number}")),
        row <- 0..4,
        column <- 0..2,
        dot?(@font[character], row, column),
        i <- 0..1,
        j <- 0..1,
        do: {left + 8 * index + 2 * column + i, top + 2 * row + j}
  end

  defp dot?(bits, row, column),
    do: Bitwise.band(bits, Bitwise.bsl(1, 3 * (4 - row) + 2 - column)) != 0
end
