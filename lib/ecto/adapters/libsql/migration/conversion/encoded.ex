defmodule Ecto.Adapters.LibSql.Migration.Conversion.Encoded do
  @moduledoc false
  # SQL that converts a value to a string, bytes, a UUID or JSON, where these are stored as texts in one
  # form and as BLOBs in another. Each expression is NULL for a value that has no equivalent.

  alias Ecto.Adapters.LibSql.SQL.Quote

  @bytes for byte <- 0..255, into: <<>>, do: <<byte>>

  ## Strings and bytes

  @doc "Bytes as the text that they encode. Whether they are UTF-8 SQL cannot tell: see `Conversion.text?/1`."
  @spec text(iodata()) :: iodata()
  def text(v), do: either(v, v, ["CAST(", v, " AS TEXT)"])

  @spec binary(iodata()) :: iodata()
  def binary(v), do: either(v, ["CAST(", v, " AS BLOB)"], v)

  defp either(v, text, blob),
    do: ["CASE typeof(", v, ") WHEN 'text' THEN ", text, " WHEN 'blob' THEN ", blob, " END"]

  @doc "The value of a column that keeps bits: their number modulo 8, then the bytes."
  @spec bitstring(iodata()) :: iodata()
  def bitstring(v) do
    unused = ["hex(substr(", v, ", 1, 1))"]
    ["CASE WHEN typeof(", v, ") = 'blob' AND ", unused, " BETWEEN '00' AND '07' THEN ", v, " END"]
  end

  ## UUIDs

  @doc """
  To a UUID as 36 characters in lower case, or as 16 bytes. Any other text is an id as well where a `:binary_id`
  is kept as text.
  """
  @spec uuid(iodata(), :uuid | :binary_id, :string | :binary) :: iodata()
  def uuid(v, :binary_id, :string) do
    spelt = ["length(", v, ") = 36 AND ", uuid?(v)]
    text = ["CASE WHEN ", spelt, " THEN lower(", v, ") ELSE ", v, " END"]
    either(v, text, sixteen(v, dashed(["lower(hex(", v, "))"])))
  end

  def uuid(v, _type, :string),
    do: either(v, spelt(v, dashed(digits(v))), sixteen(v, dashed(["lower(hex(", v, "))"])))

  def uuid(v, _type, :binary), do: either(v, spelt(v, unhex(digits(v))), sixteen(v, v))

  defp spelt(v, sql), do: ["CASE WHEN ", uuid?(v), " THEN ", sql, " END"]
  defp sixteen(v, sql), do: ["CASE WHEN length(", v, ") = 16 THEN ", sql, " END"]

  # The spellings that PostgreSQL reads: with hyphens, without, in braces.
  defp digits(v), do: ["replace(lower(trim(", v, ", ' {}')), '-', '')"]

  defp uuid?(v),
    do: ["(length(", digits(v), ") = 32 AND ", digits(v), " NOT GLOB '*[^0-9a-f]*')"]

  defp dashed(hex) do
    Enum.map_intersperse([{1, 8}, {9, 4}, {13, 4}, {17, 4}, {21, 12}], " || '-' || ", fn {at,
                                                                                          size} ->
      ["substr(", hex, ", #{at}, #{size})"]
    end)
  end

  # SQLite before 3.41 has no unhex(): each byte is cut out of all bytes, by its two digits.
  defp unhex(hex) do
    digit = &["(instr('0123456789abcdef', substr(h, #{&1}, 1)) - 1)"]

    bytes =
      Enum.map_intersperse(0..15, " || ", fn byte ->
        at = [digit.(2 * byte + 1), " * 16 + ", digit.(2 * byte + 2), " + 1"]
        ["substr(b, ", at, ", 1)"]
      end)

    [
      "(SELECT CAST(",
      bytes,
      " AS BLOB) FROM (SELECT ",
      hex,
      " AS h, ",
      Quote.blob(@bytes),
      " AS b))"
    ]
  end

  ## JSON

  @doc """
  To JSON whose root is an object or an array, as text without blanks or as JSONB. `jsonb?` is whether the
  engine has JSONB (SQLite 3.45), without which it cannot read a BLOB as JSON.
  """
  @spec json(iodata(), :object | :array, :string | :binary, boolean()) :: iodata()
  def json(v, _root, :binary, false), do: either(v, "NULL", v)

  def json(v, root, form, jsonb?) do
    text = [if(form == :binary, do: "jsonb(", else: "json("), v, ?)]
    blob = if form == :binary, do: v, else: text
    rooted = &["CASE WHEN json_type(", v, ") IN ('", root(root), "', 'null') THEN ", &1, " END"]
    text = ["CASE WHEN json_valid(", v, ") THEN ", rooted.(text), " END"]
    blob = ["CASE WHEN json_valid(", v, ", 8) THEN ", rooted.(blob), " END"]
    either(v, text, if(jsonb?, do: blob, else: "NULL"))
  end

  defp root(:object), do: "object"
  defp root(:array), do: "array"

  @doc "JSON as a string."
  @spec json_text(iodata(), boolean()) :: iodata()
  def json_text(v, jsonb?) do
    blob = ["CASE WHEN json_valid(", v, ", 8) THEN json(", v, ") END"]
    either(v, v, if(jsonb?, do: blob, else: "NULL"))
  end
end
