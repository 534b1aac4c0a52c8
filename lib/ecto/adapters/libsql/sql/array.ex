defmodule Ecto.Adapters.LibSql.SQL.Array do
  @moduledoc false
  # Arrays, which are JSON texts here: lists of values made into one, changed, and compared by their members.
  # SQLite writes a real into JSON with 15 digits and a boolean as a number, so both are written out. The client writes
  # the floats that it knows: SQLite cannot tell the fewest digits that mean the same number, because its own conversion
  # of texts is wrong in the last bit for numbers nearly half way between two others.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec
  alias Ecto.Adapters.LibSql.SQL.{Expr, Json, Parameter, Scope}
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer

  @type sql :: Parameter.sql()

  @doc "A list of values as an array. `type` is the member's Ecto type or nil."
  @spec build(list(), term(), Scope.t()) :: sql()
  def build(list, type, scope) do
    items = Enum.map_intersperse(list, ", ", &item(&1, type, scope))
    [Json.function("_array("), items, ?)]
  end

  defp item(list, type, scope) when is_list(list),
    do: build(list, inner(type), scope)

  defp item(value, _type, _scope) when is_boolean(value), do: ["json('#{value}')"]

  defp item(value, _type, scope)
       when is_binary(value) or is_integer(value) or is_nil(value),
       do: Expr.expr(value, scope)

  defp item(value, _type, _scope) when is_float(value),
    do: ["json('", Codec.json_number(value), "')"]

  defp item(value, type, scope), do: member(value, type, scope)

  defp inner({:array, type}), do: type
  defp inner(_type), do: nil

  # An expression as a member of the given type.
  defp member(expr, type, scope) do
    kind = type && Types.primitive(type)

    case expr do
      {:^, [], [ix]} when kind == :float -> json(Parameter.parameter(ix, :json_number))
      _other -> expr |> Expr.operand(scope) |> converted(kind)
    end
  end

  defp converted(value, kind) do
    case kind do
      :boolean -> boolean(value)
      kind when kind in [nil, :any, :float] -> real(value)
      :map -> json(value)
      {kind, _} when kind in [:map, :array] -> json(value)
      _text_or_integer -> value
    end
  end

  defp boolean(value) do
    ["json(CASE WHEN ", value, " THEN 'true' WHEN NOT ", value, " THEN 'false' ELSE 'null' END)"]
  end

  # With nothing in the exponent that JSON libraries do not write.
  defp real(value) do
    text = [
      [
        "(SELECT CASE \"v\" WHEN CAST(printf('%!.15g', \"v\") AS REAL) THEN printf('%!.15g', \"v\") "
      ],
      ["ELSE printf('%!.17g', \"v\") END FROM (SELECT ", value, " AS \"v\"))"]
    ]

    text = ["replace(replace(", text, ", 'e+', 'e'), 'e-0', 'e-')"]
    ["CASE typeof(", value, ") WHEN 'real' THEN ", json(text), " ELSE ", value, " END"]
  end

  defp json(value), do: ["json(", value, ?)]

  @doc "The same for a column of the given type."
  @spec set(list(), term(), Scope.t()) :: sql()
  def set(list, type, scope) do
    same_form!(type, scope)
    castable!(type, list, scope)
    build(list, inner(type), scope)
  end

  # Ecto neither casts nor dumps a value that is pinned inside of a list.
  defp castable!(type, list, scope) do
    if type != nil and pinned?(list) and not Types.Array.plain?(type) do
      error!(
        scope.query,
        "Ecto does not cast values pinned inside of a list to #{inspect(type)}; pin ^list"
      )
    end
  end

  defp pinned?({:^, _, _}), do: true
  defp pinned?(list), do: is_list(list) and Enum.any?(list, &pinned?/1)

  @doc "Appends to an array column of the given type, which may be nil."
  @spec push(sql(), term(), term(), Scope.t()) :: sql()
  def push(column, value, type, scope) do
    same_form!(type, scope)
    value = member(value, inner(type), scope)
    [Json.function("_insert(coalesce("), column, ", '[]'), '$[#]', ", value, ?)]
  end

  @doc "Removes each member equal to `value` from an array column; the others stay as they were written."
  @spec pull(sql(), term(), term(), Scope.t()) :: sql()
  def pull(column, value, type, scope) do
    same_form!(type, scope)
    value = Expr.operand(value, scope)

    [
      ["CASE WHEN ", column, " IS NOT NULL THEN (SELECT ", Json.function("_group_array(")],
      ["m.json -> m.fullkey) FROM json_each(", column, ") AS m WHERE "],
      [other("m.value", value, inner(type)), " OR m.type ", other_kinds(inner(type)), ") END"]
    ]
  end

  # json_each() gives booleans as numbers.
  defp other_kinds(type) do
    if type && Types.primitive(type) == :boolean,
      do: "NOT IN ('true', 'false', 'null')",
      else: "IN ('true', 'false')"
  end

  defp other(left, right, type),
    do: [comparable(left, type), " IS NOT " | comparable(right, type)]

  # Decimals are texts in JSON, which may end with any number of zeros.
  defp comparable(value, type) do
    cond do
      not decimal?(type) -> value
      Types.exact_decimals?() -> ["CAST(", value, " AS TEXT) COLLATE decimal"]
      true -> ["CAST(", value, " AS NUMERIC)"]
    end
  end

  defp decimal?(type), do: type != nil and Types.primitive(type) == :decimal

  @doc "Whether an array of the given type, which may be nil, has a member; nil where that is no more than IN."
  @spec has(sql(), sql(), term()) :: sql() | nil
  def has(array, value, type) do
    if decimal?(inner(type)) do
      members = ["(SELECT ", comparable("value", inner(type)), " FROM json_each(", array, "))"]
      [comparable(value, inner(type)), " IN " | members]
    end
  end

  @doc """
  `array == list` or `array != list` with a list of which not all is known before the query runs. Texts would
  only be equal if they were written by the same library.
  """
  @spec compare(:== | :!=, term(), list(), Scope.t()) :: sql()
  def compare(op, array, list, scope) do
    type = field_type(array, scope)
    same_form!(type, scope)
    castable!(type, list, scope)
    array = whole(array, scope)
    equal = equal(array, "$", list, inner(type), scope)
    {valid, other} = if op == :==, do: {equal, "0"}, else: {["NOT (", equal, ?)], "1"}

    [
      ["CASE WHEN ", array, " IS NULL THEN NULL WHEN ", valid?(array), " THEN ", valid],
      [" ELSE ", other, " END"]
    ]
  end

  defp field_type({{:., _, _}, _, []} = field, scope), do: Infer.of(field, scope)
  defp field_type(_expr, _scope), do: nil

  # JSON of any kind, where a path would give the value of a scalar; NULL for JSON's null.
  defp whole({:json_extract_path, _, [operand, path]}, scope) do
    json = operand |> Expr.operand(scope) |> Json.fetch(path, &Expr.expr(&1, scope))
    ["nullif(", json, ", 'null')"]
  end

  defp whole(array, scope), do: Expr.operand(array, scope)

  # Without a schema a column may hold any text.
  defp valid?(array) do
    if Types.setting(:array_type, :string) == :binary,
      do: ["json_valid(", array, ", 5)"],
      else: ["json_valid(", array, ?)]
  end

  defp equal(array, path, list, type, scope) do
    members =
      for {value, ix} <- Enum.with_index(list),
          do: [" AND " | equal_member(array, "#{path}[#{ix}]", value, type, scope)]

    count = list |> length() |> Integer.to_string()

    [
      ["json_type(", array, ", '", path, "') IS 'array' AND "],
      ["json_array_length(", array, ", '", path, "') IS ", count | members]
    ]
  end

  defp equal_member(array, path, list, type, scope) when is_list(list),
    do: equal(array, path, list, inner(type), scope)

  defp equal_member(array, path, value, type, scope) do
    stored = ["json_extract(", array, ", '", path, "')"]
    value = Expr.operand(value, scope)
    [comparable(stored, type), " IS " | comparable(value, type)]
  end

  @doc """
  Refuses to look for a value in an array whose members are written otherwise than a field of their type.
  """
  @spec same_form!(term(), Scope.t()) :: :ok
  def same_form!({:array, member}, scope) do
    if Types.other_in_json?(member) do
      error!(
        scope.query,
        "members of type #{inspect(member)} are kept in another form inside of arrays than in fields, " <>
          "because of the options under config :ecto_libsql; use a fragment"
      )
    end

    :ok
  end

  def same_form!(_type, _scope), do: :ok
end
