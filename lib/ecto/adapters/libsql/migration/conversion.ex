defmodule Ecto.Adapters.LibSql.Migration.Conversion do
  @moduledoc false
  # What `modify` does with the values of a column: the table of SQL expressions that convert a value from
  # one type to another, where PostgreSQL has such a cast, and what a string can be read as. Types without
  # a cast are refused.
  #
  # The old type is that of `from:`, else the declared type of the column. A declared type may stand for
  # several Ecto types (DATETIME for four); then the form of each value decides.

  alias Ecto.Adapters.LibSql.Definition.{Column, Tokenizer}
  alias Ecto.Adapters.LibSql.Migration.Conversion.{Encoded, Family, Number, Temporal}
  alias Ecto.Adapters.LibSql.Types

  @enforce_keys [:column, :from, :to, :sql]
  defstruct [:column, :from, :to, :sql, utf8?: false]

  @typedoc """
  How the values of a column change. `sql` is the new value of a row, NULL where a value cannot be converted;
  `utf8?` whether bytes become a text, which they must encode.
  """
  @type t :: %__MODULE__{
          column: String.t(),
          from: String.t(),
          to: String.t(),
          sql: iodata(),
          utf8?: boolean()
        }

  @numbers [:integer, :float, :decimal, :text]

  # What the values of each family may become.
  @targets %{
    integer: [:boolean | @numbers],
    boolean: [:boolean, :integer, :text],
    float: @numbers,
    decimal: @numbers,
    text: ~w(integer boolean float decimal text binary uuid json date time datetime)a,
    binary: ~w(binary text uuid json bitstring)a,
    bitstring: [:bitstring],
    uuid: ~w(uuid text binary)a,
    json: [:json, :text],
    date: ~w(date datetime text)a,
    time: ~w(time text)a,
    datetime: ~w(datetime date time text)a
  }

  @doc """
  The conversion of the values in `quoted`, the column's name as SQL, or nil if they stay as they are.

  ## Options

    * `:from` - the Ecto type of the values, nil if only the column's declared type is known
    * `:jsonb` - whether the engine has JSONB functions (SQLite 3.45)
    * `:table` - the name for messages
  """
  @spec plan(Column.t(), {term(), String.t()}, iodata(), keyword()) :: t() | nil
  def plan(%Column{} = column, {type, declared}, quoted, opts) do
    old = old_family(column, opts[:from])
    new = Family.of(type, declared)

    cond do
      new.name == :other or unchanged?(old, new, column.type, declared) ->
        nil

      new.name not in targets(old.name) ->
        refuse!(column, old, new, opts)

      old.name == :json and not same_members?(old.type, new.type) ->
        refuse!(column, old, new, opts)

      true ->
        conversion(column, old, new, quoted, opts)
    end
  end

  defp conversion(column, old, new, quoted, opts) do
    %__MODULE__{
      column: Tokenizer.identifier(hd(Tokenizer.scan(column.name))),
      from: label(old, column),
      to: label(new, column),
      sql: sql(old, new, quoted, opts[:jsonb]),
      utf8?: new.name == :text and old.name in [:binary, :any, :other]
    }
  end

  defp old_family(column, nil), do: Family.declared(declared(column))
  defp old_family(column, type), do: Family.of(type, declared(column))

  # With its collation, which distinguishes exact decimals.
  defp declared(%Column{type: type, clauses: clauses}) do
    collation = for %{kind: :collate, text: text} <- clauses, do: [?\s, text]
    IO.iodata_to_binary([type | collation])
  end

  ## Which values stay

  # Where only the declared types are known, equal families whose values have one form stay. Dates and
  # times, UUIDs, JSON and booleans may have another kind or another form behind the same declaration.
  defp unchanged?(%{type: nil, name: name}, %{name: name} = new, _old_declared, _declared)
       when name in [:integer, :float, :text, :binary],
       do: new.name == name

  defp unchanged?(%{type: nil, name: :decimal, form: form}, %{name: :decimal, form: form}, _, _),
    do: true

  defp unchanged?(%{type: nil}, _new, _old_declared, _declared), do: false

  defp unchanged?(old, new, old_declared, declared) do
    old.name == new.name and old.form == new.form and
      Tokenizer.fold(old_declared) == Tokenizer.fold(declared) and same_kind?(old, new)
  end

  defp same_kind?(%{name: name, type: old}, %{type: new}) when name in [:datetime, :time, :uuid],
    do: old == new

  defp same_kind?(%{name: :json, type: old}, %{type: new}), do: same_members?(old, new)
  defp same_kind?(_old, _new), do: true

  defp same_members?({:array, old}, {:array, new}) do
    {old, new} = {Family.of(old, ""), Family.of(new, "")}
    old.name == new.name and same_kind?(old, new)
  end

  defp same_members?(_old, _new), do: true

  ## Which conversions there are

  defp targets(name) when name in [:any, :other], do: [:bitstring | @targets.text]
  defp targets(name), do: Map.fetch!(@targets, name)

  @spec refuse!(Column.t(), Family.t(), Family.t(), keyword()) :: no_return()
  defp refuse!(column, old, new, opts) do
    raise ArgumentError,
          "cannot convert column #{column.name} of #{inspect(opts[:table])} from " <>
            "#{label(old, column)} to #{label(new, column)}: there is no cast between these types. Add " <>
            "a column of the new type, fill it by execute \"UPDATE ...\", and remove the old one"
  end

  defp label(%{type: nil}, %Column{type: ""}), do: "a column without a type"
  defp label(%{type: nil}, %Column{type: type}), do: type
  defp label(%{type: type}, _column), do: inspect(type)

  ## The table of expressions

  defp sql(%{name: :boolean}, %{name: :integer}, v, _jsonb?), do: Number.boolean(v)
  defp sql(old, %{name: :integer}, v, _jsonb?), do: Number.integer(v, old.name)
  defp sql(_old, %{name: :float}, v, _jsonb?), do: Number.float(v)
  defp sql(old, %{name: :decimal, form: form}, v, _), do: Number.decimal(v, form, old.name)
  defp sql(_old, %{name: :boolean}, v, _jsonb?), do: Number.boolean(v)
  defp sql(_old, %{name: :bitstring}, v, _jsonb?), do: Encoded.bitstring(v)

  defp sql(_old, %{name: :uuid, type: type, form: form}, v, _), do: Encoded.uuid(v, type, form)

  defp sql(_old, %{name: :json, form: {root, form}}, v, jsonb?),
    do: Encoded.json(v, root, form, jsonb?)

  defp sql(old, %{name: :date}, v, _jsonb?), do: Temporal.date(v, old.name == :date)
  defp sql(_old, %{name: :time, type: type}, v, _jsonb?), do: Temporal.time(v, type)

  defp sql(old, %{name: :datetime, type: type}, v, _jsonb?),
    do: Temporal.datetime(v, type, Types.setting(:datetime_type, :iso8601), old.name == :date)

  defp sql(%{name: :uuid}, %{name: :binary}, v, _jsonb?), do: Encoded.uuid(v, :uuid, :binary)
  defp sql(_old, %{name: :binary}, v, _jsonb?), do: Encoded.binary(v)
  defp sql(%{name: :uuid}, %{name: :text}, v, _), do: Encoded.uuid(v, :binary_id, :string)
  defp sql(%{name: :json}, %{name: :text}, v, jsonb?), do: Encoded.json_text(v, jsonb?)

  defp sql(%{name: name}, %{name: :text}, v, _jsonb?) when name in [:date, :datetime, :time],
    do: Temporal.text(v, name == :date)

  defp sql(%{name: name}, %{name: :text}, v, _jsonb?)
       when name in [:integer, :boolean, :float, :decimal],
       do: Number.text(v, name)

  defp sql(_old, %{name: :text}, v, _jsonb?) do
    ["CASE WHEN typeof(", v, ") IN ('integer', 'real') THEN ", Number.text(v, :float)] ++
      [" ELSE ", Encoded.text(v), " END"]
  end
end
