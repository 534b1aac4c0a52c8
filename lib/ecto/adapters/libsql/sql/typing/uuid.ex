defmodule Ecto.Adapters.LibSql.SQL.Typing.Uuid do
  @moduledoc false
  # UUID fields compared with values. The older adapter wrote 16 bytes into columns of texts, so a column may
  # hold both forms. Unless `:uuid_type` says which one it is, a value is looked for in both; an index serves both.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Sources}
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer

  @doc "`left == right` or `left != right` where one is a UUID field and the other a value, else nil."
  @spec compare(:== | :!=, term(), term(), Sources.t(), map()) :: iodata() | nil
  def compare(op, left, right, sources, query) do
    cond do
      value?(right) and either?(left, sources) -> equals(op, left, right, sources, query)
      value?(left) and either?(right, sources) -> equals(op, right, left, sources, query)
      true -> nil
    end
  end

  defp value?({:^, [], [_ix]}), do: true
  defp value?(%Ecto.Query.Tagged{}), do: true
  defp value?(text), do: is_binary(text)

  defp equals(op, field, value, sources, query) do
    operator = if op == :==, do: " IN ", else: " NOT IN "
    [Expr.expr(field, sources, query), operator | pair(Expr.expr(value, sources, query))]
  end

  defp pair(value), do: [?(, value, ", ", bytes(value), ?)]
  defp bytes(value), do: ["libsql_uuid_bytes(", value, ?)]

  @doc "A value that Ecto gave no type, beside a UUID that is kept as bytes and is no field; else nil."
  @spec operand(term(), term(), Sources.t(), map()) :: iodata() | nil
  def operand(expr, other, sources, query) do
    if value?(expr) and not Infer.typed?(other, sources, query) and
         bytes?(Infer.of(other, sources, query)),
       do: expr |> Expr.expr(sources, query) |> bytes()
  end

  @doc "The same for `value`, a member of a list that travels as JSON."
  @spec listed(iodata(), term(), Sources.t(), map()) :: iodata() | nil
  def listed(value, left, sources, query),
    do: if(operand({:^, [], [0]}, left, sources, query), do: bytes(value))

  defp bytes?(nil), do: false

  defp bytes?(type) do
    type = Types.primitive(type)
    type in [:binary_id, :uuid] and Types.uuid_form(type) == :binary
  end

  @doc "The values behind IN, in both forms; nil where `right` is no list of values."
  @spec set(term(), Sources.t(), map()) :: iodata() | nil
  def set({:^, _, [ix, length]}, _sources, _query) when length > 0,
    do: list(Enum.map(ix..(ix + length - 1), &Expr.parameter/1))

  def set([_ | _] = values, sources, query),
    do: values |> Enum.map(&Expr.expr(&1, sources, query)) |> list()

  # A long list, which travels as JSON.
  def set({:^, [], [ix]}, _sources, _query) do
    rows = [" FROM json_each(", Expr.parameter(ix), ?)]
    ["(SELECT value", rows, " UNION ALL SELECT ", bytes("value"), rows, ?)]
  end

  def set(_other, _sources, _query), do: nil

  defp list(values),
    do: [?(, Enum.intersperse(values ++ Enum.map(values, &bytes/1), ", "), ?)]

  @doc "Whether an expression is a field that may hold both forms."
  @spec either?(term(), Sources.t()) :: boolean()
  def either?({{:., _, [{:&, _, [ix]}, field]}, _, []}, sources),
    do: sources |> Sources.type(ix, field) |> both_forms?()

  def either?(_expr, _sources), do: false

  defp both_forms?(nil), do: false
  defp both_forms?(type), do: Types.primitive(type) == :uuid and Types.uuid_undecided?()

  @doc """
  The filters of an UPDATE or DELETE of one row with the values of such fields as `{:uuid, value}`, for
  `condition/2`; nil if there are none.
  """
  @spec filters(module() | nil, keyword()) :: keyword() | nil
  def filters(nil, _filters), do: nil

  def filters(schema, filters) do
    if Enum.any?(filters, &text?/1) and Types.uuid_undecided?() do
      names = fields(schema)

      Enum.map(filters, fn {name, value} = filter ->
        if text?(filter) and name in names, do: {name, {:uuid, value}}, else: filter
      end)
    end
  end

  defp text?({_name, value}), do: is_binary(value) and byte_size(value) == 36

  defp fields(schema) do
    for field <- schema.__schema__(:fields),
        Types.primitive(schema.__schema__(:type, field)) == :uuid,
        do: schema.__schema__(:field_source, field)
  end

  @doc "The condition of such a filter, with two parameters."
  @spec condition(atom()) :: iodata()
  def condition(name), do: [Quote.name(name), " IN (?, libsql_uuid_bytes(?))"]

  @doc "The parameters of filters."
  @spec parameters(keyword()) :: list()
  def parameters(filters) do
    Enum.flat_map(filters, fn
      {_name, {:uuid, value}} -> [value, value]
      {_name, value} -> [value]
    end)
  end
end
