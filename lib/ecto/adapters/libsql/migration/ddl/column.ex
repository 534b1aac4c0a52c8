defmodule Ecto.Adapters.LibSql.Migration.DDL.Column do
  @moduledoc false
  # One column of CREATE TABLE or ADD COLUMN, and foreign keys.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.Reference

  @serials [:id, :serial, :bigserial, :smallserial, :identity]
  @collations %{nocase: "NOCASE", binary: "BINARY", rtrim: "RTRIM"}

  @spec definition(Ecto.Migration.Table.t(), atom(), term(), keyword()) :: iodata()
  def definition(table, name, type, opts) do
    alone!(name, opts)
    generated!(opts)
    opts = name |> DDL.Sequence.options!(plain(type), opts) |> random_key(plain(type))

    [
      Quote.name(name),
      type(type, opts),
      key(name, type, opts),
      inline_reference(table, name, type),
      DDL.Default.clause(opts, type),
      null(type, opts),
      collate(opts),
      check(opts[:check]),
      generated(opts),
      trailing_comment(opts[:comment])
    ]
  end

  # A type such as :citext has a collation; `collate:` overrides it.
  defp type(type, opts) do
    case {type |> written_type(opts) |> split_collation(), collate(opts)} do
      {{"", nil}, _given} -> []
      {{text, nil}, _given} -> [?\s, text]
      {{text, collation}, []} -> [?\s, text, ?\s, collation]
      {{text, _collation}, _given} -> [?\s, text]
    end
  end

  # SQLite numbers no column that is only a part of the key: it would be NULL, and rows would not be unique. It
  # defaults to a random 53-bit integer, which JSON numbers can hold.
  defp random_key(opts, type) do
    if opts[:primary_key] == true and type in @serials and is_nil(opts[:default]),
      do: Keyword.put(opts, :default, {:fragment, "(random() & 9007199254740991)"}),
      else: opts
  end

  @doc "`TEXT COLLATE NOCASE` as the type and its collation."
  @spec split_collation(String.t()) :: {String.t(), String.t() | nil}
  def split_collation(written) do
    case Regex.run(~r/^(.*?)\s+(COLLATE\s+\S+)$/is, written) do
      [_all, type, collation] -> {type, collation}
      nil -> {written, nil}
    end
  end

  @spec written_type(term(), keyword()) :: String.t()
  def written_type(%Reference{type: type}, opts), do: written_type(type, opts)

  # Connection.execute_ddl/1 refuses arrays, as ecto_libsql 0.9 did; ColumnOptions sets `:json_arrays`.
  def written_type({:array, _inner} = type, opts) do
    if not Keyword.get(opts, :json_arrays, false) do
      raise ArgumentError,
            "SQLite does not support array types at this level; migrations store arrays as JSON"
    end

    Types.column(type, opts)
  end

  def written_type(type, opts), do: Types.column(type, opts)

  defp key(name, type, opts) do
    alone? = opts[:primary_key] == :alone

    cond do
      opts[:autoincrement] && alone? && Types.rowid?(plain(type)) ->
        " PRIMARY KEY AUTOINCREMENT"

      opts[:autoincrement] ->
        raise ArgumentError,
              "autoincrement needs an integer that is the whole primary key, got it for #{inspect(name)}"

      alone? ->
        " PRIMARY KEY"

      true ->
        []
    end
  end

  defp plain(%Reference{type: type}), do: type
  defp plain(type), do: type

  # SQLite accepts NULL in a primary key that is not the rowid, so NOT NULL is added.
  defp null(type, opts) do
    cond do
      opts[:null] == false -> " NOT NULL"
      opts[:null] == true -> []
      opts[:primary_key] == :alone and not Types.rowid?(plain(type)) -> " NOT NULL"
      opts[:primary_key] == true -> " NOT NULL"
      true -> []
    end
  end

  @spec collate(keyword()) :: iodata()
  def collate(opts) do
    case one_collation!(opts[:collate], opts[:collation]) do
      nil -> []
      name when is_map_key(@collations, name) -> [" COLLATE ", @collations[name]]
      name when is_atom(name) or is_binary(name) -> [" COLLATE " | Quote.name(name)]
    end
  end

  defp one_collation!(given, other) when is_nil(given) or is_nil(other), do: given || other
  defp one_collation!(name, name), do: name

  defp one_collation!(given, other) do
    raise ArgumentError,
          ":collate and :collation are one option, got: #{inspect(given)} and #{inspect(other)}"
  end

  @spec check(term()) :: iodata()
  def check(nil), do: []
  def check(expr) when is_binary(expr), do: [" CHECK (", expr, ?)]

  def check(%{name: name, expr: expr}) when is_binary(expr),
    do: [" CONSTRAINT ", Quote.name(name), " CHECK (", expr, ?)]

  def check(other) do
    raise ArgumentError,
          "CHECK constraint expression must be a binary string, got: #{inspect(other)}"
  end

  defp alone!(name, opts) do
    if opts[:unindexed] do
      raise ArgumentError,
            "unindexed: is for columns of a table with options: [fts5: ...], got it for #{inspect(name)}"
    end

    if opts[:stored] && !opts[:generated] do
      raise ArgumentError,
            "stored: is for a column with generated:, got it for #{inspect(name)}"
    end
  end

  defp generated!(opts) do
    if opts[:generated] && Keyword.has_key?(opts, :default),
      do:
        raise(ArgumentError, "generated columns cannot have a DEFAULT value (SQLite constraint)")

    if opts[:generated] && opts[:primary_key],
      do:
        raise(
          ArgumentError,
          "generated columns cannot be part of a PRIMARY KEY (SQLite constraint)"
        )
  end

  defp generated(opts) do
    case opts[:generated] do
      nil ->
        []

      text when is_binary(text) ->
        # Ecto documents the whole clause as the value of generated:.
        if text =~ ~r/^\s*(GENERATED\s+)?ALWAYS\s+AS\b/i do
          [" GENERATED ", Regex.replace(~r/^\s*GENERATED\s+/i, text, "")]
        else
          [" GENERATED ALWAYS AS (", text, ?), if(opts[:stored], do: " STORED", else: [])]
        end

      other ->
        raise ArgumentError, ":generated must be the expression as text, got: #{inspect(other)}"
    end
  end

  @doc "Whether a generated column is STORED."
  @spec stored?(keyword()) :: boolean()
  def stored?(opts) do
    opts[:stored] == true or
      (is_binary(opts[:generated]) and opts[:generated] =~ ~r/\bSTORED\s*$/i)
  end

  defp trailing_comment(nil), do: []
  defp trailing_comment(text), do: [?\s | DDL.Comment.sql(text)]

  ## Foreign keys

  defp inline_reference(table, name, %Reference{with: []} = reference) do
    [named(table, name, reference), " " | references(table, reference)]
  end

  defp inline_reference(_table, _name, _type), do: []

  # Without `name:` no name is written; Constraints assumes Ecto's default name.
  defp named(_table, _column, %Reference{name: nil}), do: []
  defp named(_table, _column, %Reference{name: name}), do: [" CONSTRAINT ", Quote.name(name)]

  @doc "REFERENCES with its actions."
  @spec references(Ecto.Migration.Table.t(), Reference.t()) :: iodata()
  def references(table, %Reference{} = reference) do
    known_options!(reference)
    same_database!(table, reference)
    columns = [reference.column | Keyword.values(reference.with)]

    [
      ["REFERENCES ", Quote.name(reference.table), ?(, Quote.names(columns), ?)],
      action(" ON DELETE ", reference.on_delete),
      action(" ON UPDATE ", reference.on_update),
      match(reference.match),
      deferrable(reference)
    ]
  end

  @doc "FOREIGN KEY as a constraint of the table."
  @spec foreign_key(Ecto.Migration.Table.t(), atom(), Reference.t()) :: iodata()
  def foreign_key(table, name, %Reference{} = reference) do
    columns = [name | Keyword.keys(reference.with)]

    named = if reference.name, do: ["CONSTRAINT ", Quote.name(reference.name), ?\s], else: []

    [named, "FOREIGN KEY (", Quote.names(columns), ") " | references(table, reference)]
  end

  defp known_options!(reference) do
    case Keyword.keys(reference.options || []) -- [:prefix, :deferrable] do
      [] ->
        :ok

      unknown ->
        raise ArgumentError,
              "unknown options #{inspect(unknown)} of the reference to #{inspect(reference.table)}"
    end
  end

  defp same_database!(%{prefix: prefix}, reference) do
    given = Map.get(reference, :prefix) || Keyword.get(reference.options || [], :prefix, prefix)

    if given != prefix do
      raise ArgumentError,
            "a foreign key cannot leave its database: #{inspect(reference.table)} is in " <>
              "#{inspect(given)}, the table in #{inspect(prefix)}"
    end
  end

  defp action(_clause, :nothing), do: []
  defp action(clause, action) when action in [:delete_all, :update_all], do: [clause, "CASCADE"]
  defp action(clause, :nilify_all), do: [clause, "SET NULL"]
  defp action(clause, :default_all), do: [clause, "SET DEFAULT"]
  defp action(clause, :restrict), do: [clause, "RESTRICT"]
  # Migrations use a trigger, see OnDeleteTriggers.
  defp action(_clause, {kind, columns}) when kind in [:nilify, :default] do
    raise ArgumentError,
          "SQLite has no SET #{if kind == :nilify, do: "NULL", else: "DEFAULT"} of single columns " <>
            "#{inspect(columns)}; migrations make a trigger, Connection.execute_ddl/1 cannot"
  end

  defp match(nil), do: []
  defp match(:simple), do: []

  defp match(match) do
    raise ArgumentError, "SQLite treats every foreign key as MATCH SIMPLE, got: #{inspect(match)}"
  end

  defp deferrable(%{options: options}) do
    case (options || [])[:deferrable] do
      off when off in [nil, false] ->
        []

      deferred when deferred in [true, :initially_deferred] ->
        " DEFERRABLE INITIALLY DEFERRED"

      :initially_immediate ->
        " DEFERRABLE INITIALLY IMMEDIATE"

      other ->
        raise ArgumentError,
              ":deferrable is true, :initially_deferred or :initially_immediate, got: " <>
                inspect(other)
    end
  end
end
