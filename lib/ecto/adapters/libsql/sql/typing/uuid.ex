defmodule Ecto.Adapters.LibSql.SQL.Typing.Uuid do
  @moduledoc false
  # The forms of UUIDs: texts, or 16 bytes. The older adapter wrote bytes into columns of texts, so a column may hold
  # both. Unless `:uuid_type` says which form it is, a value is compared with a UUID field in both forms, which the
  # client computes; an index serves both.

  alias Ecto.Adapters.LibSql.SQL.{Quote, Scope}
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer
  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec

  @doc "Whether an expression is a field of UUIDs that may hold both forms."
  @spec both_forms?(term(), Scope.t()) :: boolean()
  def both_forms?({{:., _, [{source, _, [_]}, _field]}, _, []} = field, scope)
      when source in [:&, :parent_as],
      do: Infer.kind(Infer.of(field, scope)) == :uuid and Types.uuid_undecided?()

  def both_forms?(_expr, _scope), do: false

  @doc "Whether a primitive type is that of UUIDs kept as bytes."
  @spec bytes?(term()) :: boolean()
  def bytes?(primitive),
    do: primitive in [:binary_id, :uuid] and Types.uuid_form(primitive) == :binary

  @doc "The bytes of a UUID's text, as they are bound; any other value as it is."
  @spec parameter(term()) :: term()
  def parameter(<<_::288>> = text) do
    case Codec.uuid(text, :binary) do
      {:ok, bytes} -> bytes
      :error -> text
    end
  end

  def parameter(value), do: value

  @doc """
  The filters of an UPDATE or DELETE of one row with the values of such fields as `{:uuid, value}`, for
  `condition/1`.
  """
  @spec filters(module() | nil, keyword()) :: keyword()
  def filters(schema, filters) do
    if schema != nil and Enum.any?(filters, &text?/1) and Types.uuid_undecided?(),
      do: both_forms(schema, filters),
      else: filters
  end

  defp both_forms(schema, filters) do
    names = fields(schema)

    Enum.map(filters, fn {name, value} = filter ->
      if text?(filter) and name in names, do: {name, {:uuid, value}}, else: filter
    end)
  end

  defp text?({_name, value}), do: is_binary(value) and byte_size(value) == 36

  defp fields(schema) do
    for field <- schema.__schema__(:fields),
        Types.primitive(schema.__schema__(:type, field)) == :uuid,
        do: schema.__schema__(:field_source, field)
  end

  @doc "The condition of such a filter, with two parameters."
  @spec condition(atom()) :: iodata()
  def condition(name), do: [Quote.name(name), " IN (?, ?)"]

  @doc "The parameters of filters."
  @spec parameters(keyword()) :: list()
  def parameters(filters) do
    Enum.flat_map(filters, fn
      {_name, {:uuid, text}} -> [text, parameter(text)]
      {_name, value} -> [value]
    end)
  end
end
