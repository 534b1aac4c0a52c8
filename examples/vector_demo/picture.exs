Code.require_file("png.exs", __DIR__)

defmodule VectorDemo.Picture do
  # A PNG of rows of small grey images in coloured frames.

  alias VectorDemo.Png

  @side 28
  @scale 2
  @frame 3
  @gap 4
  # The first image of a row stands apart.
  @first_gap 20
  @colours %{right: <<46, 140, 60>>, wrong: <<205, 45, 45>>}
  @background <<255, 255, 255>>

  @cell @side * @scale + 2 * @frame

  @doc "Writes rows of `{image, frame}`: an image is the bytes of 28 × 28 floats from 0 to 1, row by row."
  def write(path, [first | _] = rows) do
    width = length(first) * (@cell + @gap) + @first_gap
    gap = :binary.copy(@background, width * @gap)
    lines = [gap | for(row <- rows, do: [cells(row), gap])]

    File.write!(
      path,
      Png.encode(width, length(rows) * (@cell + @gap) + @gap, IO.iodata_to_binary(lines))
    )
  end

  defp cells([first | others]) do
    columns = [cell(first) | for(image <- others, do: cell(image))]
    gaps = [@first_gap | List.duplicate(@gap, length(others))]

    for lines <- Enum.zip_with(columns, & &1) do
      [
        :binary.copy(@background, @gap),
        Enum.zip_with(lines, gaps, &[&1, :binary.copy(@background, &2)])
      ]
    end
  end

  # The lines of an image in its frame.
  defp cell({image, frame}) do
    colour = Map.fetch!(@colours, frame)
    edge = :binary.copy(colour, @cell)
    side = :binary.copy(colour, @frame)
    edges = List.duplicate(edge, @frame)

    lines =
      for <<line::binary-size(@side)-unit(32) <- image>>,
          pixels = for(<<value::float-32-little <- line>>, into: <<>>, do: dot(value)),
          _ <- 1..@scale,
          do: [side, pixels, side]

    edges ++ lines ++ edges
  end

  # Dark on light.
  defp dot(value) do
    grey = 255 - round(value * 255)
    :binary.copy(<<grey, grey, grey>>, @scale)
  end
end
