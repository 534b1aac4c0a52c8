defmodule VectorDemo.Png do
  @moduledoc false
  # The bytes of a PNG. Source: w3.org/TR/png

  @doc "Of `pixels`, three bytes each (red, green, blue), line by line."
  def encode(width, height, pixels) do
    lines = for <<line::binary-size(width)-unit(24) <- pixels>>, do: [0, line]

    [
      <<0x89, "PNG", 0x0D, 0x0A, 0x1A, 0x0A>>,
      chunk("IHDR", <<width::32, height::32, 8, 2, 0, 0, 0>>),
      chunk("IDAT", :zlib.compress(lines)),
      chunk("IEND", <<>>)
    ]
  end

  defp chunk(type, data),
    do: [<<byte_size(data)::32>>, type, data, <<:erlang.crc32([type, data])::32>>]
end
