defmodule Ecto.Adapters.LibSql.SQL.Json do
  @moduledoc false
  # JSON paths, and arrays, which are JSON texts here.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Adapters.LibSql.Types

  @marker "ecto:json"

  @doc """
  The column name under which a selected JSON value travels; the connection decodes such columns, so
  that booleans, lists and objects arrive as terms. Each column has a name of its own, because a wrapped query
  selects its columns by name.
  """
  @spec marker(non_neg_integer()) :: atom()
  def marker(ix), do: :"#{@marker}#{ix}"

  @doc "Which columns are marked, or `:none`."
  @spec marks([String.t()]) :: [boolean()] | :none
  def marks(columns),
    do: if(marked?(columns), do: Enum.map(columns, &marked_name?/1), else: :none)

  defp marked?([@marker <> _ | _]), do: true
  defp marked?([_name | columns]), do: marked?(columns)
  defp marked?([]), do: false

  defp marked_name?(name), do: String.starts_with?(name, @marker)

  @doc "The scalar at a path: numbers, texts, NULL, and 1 or 0 for booleans."
  @spec extract(iodata(), list(), (term() -> iodata()), map()) :: iodata()
  def extract(operand, path, expr, query),
    do: ["json_extract(", operand, ", ", path(path, expr, query), ?)]

  @doc "The JSON text at a path."
  @spec fetch(iodata(), list(), (term() -> iodata()), map()) :: iodata()
  def fetch(operand, path, expr, query),
    do: [?(, operand, " -> ", path(path, expr, query), ?)]

  defp path(path, expr, query) do
    case Enum.reduce(path, {[], "$"}, &segment(&1, &2, expr, query)) do
      {[], literal} -> Quote.text(literal)
      {parts, ""} -> [?(, parts, ?)]
      {parts, literal} -> [?(, parts, " || ", Quote.text(literal), ?)]
    end
  end

  # `{parts, literal}`: SQL so far, and literal text that was not written yet.
  defp segment(index, {parts, literal}, _expr, _query) when is_integer(index) and index >= 0,
    do: {parts, literal <> "[#{index}]"}

  defp segment(index, {parts, literal}, _expr, _query) when is_integer(index),
    do: {parts, literal <> "[##{index}]"}

  defp segment(key, {parts, literal}, _expr, query) when is_binary(key),
    do: {parts, literal <> "." <> key(key, query)}

  defp segment(dynamic, {parts, literal}, expr, _query) do
    step = dynamic(expr.(dynamic))
    {join(join(parts, literal), step), ""}
  end

  defp join([], ""), do: []
  defp join([], literal) when is_binary(literal), do: [Quote.text(literal)]
  defp join(parts, ""), do: parts
  defp join(parts, literal) when is_binary(literal), do: [parts, " || ", Quote.text(literal)]
  defp join([], step), do: step
  defp join(parts, step), do: [parts, " || ", step]

  defp dynamic(sql) do
    [
      ["CASE WHEN typeof(", sql, ") <> 'integer' THEN '.\"' || ", sql, " || '\"'"],
      [" WHEN ", sql, " < 0 THEN '[#' || ", sql, " || ']' ELSE '[' || ", sql, " || ']' END"]
    ]
  end

  # A quoted label ends at the next double quote; an unquoted one at a dot or bracket, and is
  # compared with the text as JSON writes it. So a key with a quote in it goes unquoted.
  defp key(key, query) do
    cond do
      not String.contains?(key, ["\"", "\\"]) ->
        ~s("#{key}")

      String.contains?(key, [".", "["]) ->
        error!(
          query,
          "JSON key #{inspect(key)} has both a quote and a dot or bracket, which an SQLite path " <>
            "cannot express; use a fragment with json_each/1"
        )

      true ->
        key |> String.replace("\\", "\\\\") |> String.replace("\"", "\\\"")
    end
  end

  @doc "A list of SQL values as a JSON array."
  @spec array([iodata()]) :: iodata()
  def array(items), do: [function("_array("), Enum.intersperse(items, ", "), ?)]

  # Arrays kept in the binary form only equal binary ones. SQLite has each function for both.
  defp function(name),
    do:
      if(Types.setting(:array_type, :string) == :binary, do: ["jsonb", name], else: ["json", name])

  @doc "The values of a JSON array, to stand behind IN."
  @spec members(iodata()) :: iodata()
  def members(array), do: ["(SELECT value FROM json_each(", array, "))"]

  @doc """
  Refuses to look for a value in an array whose members are written otherwise than a field of their type.
  """
  @spec same_form!(term(), map()) :: :ok
  def same_form!({:array, member}, query) do
    if Types.other_in_json?(member) do
      error!(
        query,
        "members of type #{inspect(member)} are kept in another form inside of arrays than in fields, " <>
          "as the application's options stand; compare with a fragment"
      )
    end

    :ok
  end

  def same_form!(_type, _query), do: :ok

  @doc "Appends to an array column. `type` is the member's Ecto type or nil."
  @spec push(iodata(), iodata(), term()) :: iodata()
  def push(column, value, type),
    do: [function("_insert(coalesce("), column, ", '[]'), '$[#]', ", member(value, type), ?)]

  @doc "Removes each member equal to `value` from an array column."
  @spec pull(iodata(), iodata(), term()) :: iodata()
  def pull(column, value, type) do
    booleans = if type == :boolean, do: "NOT IN", else: "IN"

    [
      ["CASE WHEN ", column, " IS NOT NULL THEN (SELECT ", function("_group_array(")],
      "CASE WHEN type IN ('object', 'array') THEN json(value) ",
      "WHEN type IN ('true', 'false') THEN json(type) ELSE value END) ",
      ["FROM json_each(", column, ") WHERE value IS NOT ", value],
      [" OR type ", booleans, " ('true', 'false')) END"]
    ]
  end

  defp member(value, :boolean),
    do: [
      "json(CASE WHEN ",
      value,
      " THEN 'true' WHEN NOT ",
      value,
      " THEN 'false' ELSE 'null' END)"
    ]

  defp member(value, :map), do: json(value)
  defp member(value, {kind, _}) when kind in [:map, :array], do: json(value)
  defp member(value, {:parameterized, {kind, _}}) when kind == Ecto.Embedded, do: json(value)
  defp member(value, _scalar), do: value

  defp json(value), do: ["json(", value, ?)]
end
