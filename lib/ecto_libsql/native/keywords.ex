defmodule EctoLibSql.Native.Keywords do
  @moduledoc false
  # Finds a keyword in SQL text outside of strings, quoted names, comments and parentheses. Used by
  # should_use_query_path/1 alone, which has no connection to compile the text; all else asks the
  # compiled statement.

  @doc "True if `keyword` (upper case) is a word of the text's top level."
  @spec top_level?(binary(), String.t()) :: boolean()
  def top_level?(sql, keyword), do: scan(sql, keyword, 0)

  defp scan(<<?', rest::binary>>, keyword, depth), do: scan(skip(rest, "'"), keyword, depth)
  defp scan(<<?", rest::binary>>, keyword, depth), do: scan(skip(rest, "\""), keyword, depth)
  defp scan(<<?`, rest::binary>>, keyword, depth), do: scan(skip(rest, "`"), keyword, depth)
  defp scan(<<?[, rest::binary>>, keyword, depth), do: scan(skip(rest, "]"), keyword, depth)
  defp scan(<<"--", rest::binary>>, keyword, depth), do: scan(skip(rest, "\n"), keyword, depth)
  defp scan(<<"/*", rest::binary>>, keyword, depth), do: scan(skip(rest, "*/"), keyword, depth)
  defp scan(<<?(, rest::binary>>, keyword, depth), do: scan(rest, keyword, depth + 1)
  defp scan(<<?), rest::binary>>, keyword, depth), do: scan(rest, keyword, depth - 1)
  defp scan(<<>>, _keyword, _depth), do: false

  defp scan(<<byte, _::binary>> = sql, keyword, depth) do
    if word?(byte) do
      {word, rest} = word(sql)
      (depth == 0 and String.upcase(word, :ascii) == keyword) or scan(rest, keyword, depth)
    else
      scan(binary_part(sql, 1, byte_size(sql) - 1), keyword, depth)
    end
  end

  # The text after the end of a string, a quoted name or a comment. A doubled quote begins another
  # string, with the same effect.
  defp skip(sql, terminator) do
    case :binary.match(sql, terminator) do
      {at, length} -> binary_part(sql, at + length, byte_size(sql) - at - length)
      :nomatch -> <<>>
    end
  end

  defp word(sql), do: word(sql, 0)

  defp word(sql, length) do
    case sql do
      <<_::binary-size(length), byte, _::binary>> when byte in [?_, ?$, ?:, ?@] or byte >= 0x80 ->
        word(sql, length + 1)

      <<_::binary-size(length), byte, _::binary>>
      when byte in ?a..?z or byte in ?A..?Z or byte in ?0..?9 ->
        word(sql, length + 1)

      <<found::binary-size(length), rest::binary>> ->
        {found, rest}
    end
  end

  defp word?(byte) do
    byte in ?a..?z or byte in ?A..?Z or byte in ?0..?9 or byte in [?_, ?$, ?:, ?@] or byte >= 0x80
  end
end
