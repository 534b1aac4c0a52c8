defmodule Ecto.Adapters.LibSql.SQL.Json do
  @moduledoc false
  # JSON paths, and the values that come out of them.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.SQL.{Parameter, Quote}

  @doc "The scalar at a path: numbers, texts, NULL, and 1 or 0 for booleans."
  @spec extract(Parameter.sql(), list(), (term() -> Parameter.sql())) :: Parameter.sql()
  def extract(operand, path, expr),
    do: descend(operand, {[], "$"}, path, expr, &["json_extract(", &1, ", ", &2, ?)])

  @doc "The JSON text at a path."
  @spec fetch(Parameter.sql(), list(), (term() -> Parameter.sql())) :: Parameter.sql()
  def fetch(operand, path, expr),
    do: descend(operand, {[], "$"}, path, expr, &[?(, &1, " -> ", &2, ?)])

  # Goes down the segments with as much of the path as one call of SQLite can take: `{parts, literal}`,
  # SQL so far and text that was not written yet. `final` makes that call.
  defp descend(operand, path, [], _expr, final), do: final.(operand, written(path))

  defp descend(operand, path, [segment | segments], expr, final) when is_integer(segment) do
    index = if segment < 0, do: "[##{segment}]", else: "[#{segment}]"
    descend(operand, append(path, index), segments, expr, final)
  end

  defp descend(operand, path, [segment | segments], expr, final) when is_binary(segment) do
    if segment =~ ~r/["[:cntrl:]]/ do
      member = member_named(operand, path, Quote.text(segment))
      descend(member, {[], "$"}, segments, expr, final)
    else
      label = ~s(.") <> String.replace(segment, "\\", "\\\\") <> ~s(")
      descend(operand, append(path, label), segments, expr, final)
    end
  end

  # What is a key or an index only when the query runs.
  defp descend(operand, path, [segment | segments], expr, final) do
    key = expr.(segment)

    # The two forms below hold the rest of the path twice, so only the last of such segments has them.
    if Enum.all?(segments, &(is_integer(&1) or is_binary(&1))) do
      member = member_named(operand, path, key)
      plain = {[joined(path), " || ", step(key)], ""}

      [
        ["CASE WHEN typeof(", key, ") = 'text' AND instr(", key, ", '\"') THEN "],
        [descend(member, {[], "$"}, segments, expr, final), " ELSE "],
        [descend(operand, plain, segments, expr, final), " END"]
      ]
    else
      descend(member_named(operand, path, any_key(key, path)), {[], "$"}, segments, expr, final)
    end
  end

  defp append({parts, literal}, text), do: {parts, literal <> text}

  defp written({[], literal}), do: Quote.text(literal)
  defp written(path), do: [?(, joined(path), ?)]

  defp joined({[], literal}), do: Quote.text(literal)
  defp joined({parts, ""}), do: parts
  defp joined({parts, literal}), do: [parts, " || ", Quote.text(literal)]

  # The step by a key without quotes or an index, whichever it is when the query runs.
  defp step(key) do
    [
      ["CASE WHEN ", key, " IS NULL THEN NULL WHEN typeof(", key, ") <> 'integer' THEN '.' || "],
      ["json_quote(CAST(", key, " AS TEXT))"],
      [" WHEN ", key, " < 0 THEN '[#' || ", key, " || ']' ELSE '[' || ", key, " || ']' END"]
    ]
  end

  # What json_each() calls the member that such a segment means: indexes from the end count from the start.
  defp any_key(key, path) do
    [
      ["CASE WHEN typeof(", key, ") <> 'integer' THEN CAST(", key, " AS TEXT) "],
      ["WHEN ", key, " < 0 THEN json_array_length(json, ", written(path), ") + ", key, " "],
      ["ELSE ", key, " END"]
    ]
  end

  # The JSON text of the member of that name. A path cannot name every key that has a quote in it, and
  # those that it can are written in three ways: before SQLite 3.45, from then on, and in today's.
  # json_quote() alone would round a real to 15 digits.
  defp member_named(operand, path, key) do
    [
      "(SELECT CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ",
      "WHEN 'object' THEN value WHEN 'array' THEN value WHEN 'real' THEN printf('%!.17g', value) ",
      "ELSE json_quote(value) END ",
      ["FROM json_each(", operand, ", ", written(path), ") WHERE key = ", key, " LIMIT 1)"]
    ]
  end

  @doc "A function that makes an array. Those kept in the binary form only equal binary ones."
  @spec function(String.t()) :: iodata()
  def function(name),
    do:
      if(Types.setting(:array_type, :string) == :binary, do: ["jsonb", name], else: ["json", name])

  @doc "The values of a JSON array, as the right side of IN."
  @spec members(Parameter.sql()) :: Parameter.sql()
  def members(array), do: ["(SELECT value FROM json_each(", array, "))"]
end
