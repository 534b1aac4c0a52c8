defmodule EctoLibSql.EncryptedFile do
  @moduledoc false
  # What a database file is, from its bytes alone: plain, encrypted, or damaged. Encrypted text looks random; SQLite's
  # pages, also damaged ones, hold runs of zeros and text. The formats are those of docs/encryption_format.md.

  @header 100
  @sample 4096
  # Of 4096 random bytes, each of the 256 values occurs 16 times on average. A sum of squares beyond this is not random
  # (chi-square of 255 degrees of freedom: 1 in 10^9 exceeds 410).
  @random 410

  @type kind :: :empty | :plain | :aes256gcm | :aes256cbc | :encrypted | :damaged | :other

  @doc """
  `:aes256gcm` is certain. `:aes256cbc`: random bytes with a clear header, as libSQL writes them. `:encrypted`: random
  bytes without one, the format of another program. `:damaged`: a header in clear, and pages that are not random.
  """
  @spec kind(Path.t()) :: {:ok, kind()} | {:error, File.posix()}
  def kind(path) do
    with {:ok, bytes} <- File.open(path, [:read, :binary], &IO.binread(&1, @sample)),
         do: {:ok, kind_of(bytes)}
  end

  defp kind_of(:eof), do: :empty
  defp kind_of("SQLite format 3\0" <> _), do: :plain
  defp kind_of("eLibSQL" <> _), do: :aes256gcm
  defp kind_of(bytes) when byte_size(bytes) < @header, do: :other

  defp kind_of(bytes) do
    case {clear_header?(bytes), random?(binary_part(bytes, 24, byte_size(bytes) - 24))} do
      {true, true} -> :aes256cbc
      {true, false} -> :damaged
      {false, true} -> :encrypted
      {false, false} -> :other
    end
  end

  defp clear_header?(<<_::binary-16, size::16, _::24, 0x40, 0x20, 0x20, _::binary>>),
    do: size == 1 or size in [512, 1024, 2048, 4096, 8192, 16_384, 32_768]

  defp clear_header?(_bytes), do: false

  defp random?(bytes) do
    expected = byte_size(bytes) / 256
    counts = bytes |> :binary.bin_to_list() |> Enum.frequencies()

    chi_square =
      Enum.reduce(0..255, 0, fn value, sum ->
        sum + :math.pow(Map.get(counts, value, 0) - expected, 2) / expected
      end)

    chi_square < @random
  end

  @doc "A sentence on a file that cannot be opened, for `EctoLibSql.Doctor`; nil where there is nothing to add."
  @spec explanation(kind()) :: String.t() | nil
  def explanation(:aes256gcm), do: "encrypted with aes256gcm"

  def explanation(:aes256cbc),
    do: "encrypted with aes256cbc, the format of libSQL, as far as can be seen without the key"

  def explanation(:encrypted),
    do: "encrypted by another program, or no database: random bytes without a header"

  def explanation(:damaged), do: "damaged: its first page is not whole, and not encrypted"
  def explanation(_other), do: nil
end
