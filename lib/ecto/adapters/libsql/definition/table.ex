defmodule Ecto.Adapters.LibSql.Definition.Table do
  @moduledoc false
  # A stored CREATE TABLE as a list of columns and constraints: to change one of them and keep the text of the
  # others.

  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.{ColumnReferences, Tokenizer}
  alias Ecto.Adapters.LibSql.SQL.Quote

  # `lead` is the text before the first column: blanks, or the comment of the table.
  defstruct [:lead, :items, :tail]

  @type item :: %{
          kind: :column | :constraint,
          name: String.t() | nil,
          tokens: [Tokenizer.token()]
        }
  @type t :: %__MODULE__{lead: String.t(), items: [item()], tail: String.t()}

  @kinds ~w(PRIMARY UNIQUE CHECK FOREIGN)
  @constraints ["CONSTRAINT" | @kinds]

  @spec parse(String.t()) :: t()
  def parse(sql) do
    {head, body} = sql |> Tokenizer.scan() |> Enum.split_while(&(&1 != {:punct, "("}))
    {group, tail} = Tokenizer.group(body)
    {lead, items} = group |> Enum.slice(1..-2//1) |> Enum.split_while(&match?({:space, _}, &1))

    # A comment before the parenthesis is moved behind it, where DDL writes the comment of a table.
    lead = Enum.filter(head, &Tokenizer.comment?/1) ++ lead
    items = items |> Tokenizer.split() |> Enum.flat_map(&single/1) |> Enum.map(&item/1)
    %__MODULE__{lead: Tokenizer.text(lead), items: items, tail: Tokenizer.text(tail)}
  end

  # SQLite accepts constraints of a table without commas between them.
  defp single(tokens) do
    case Tokenizer.skip(tokens) do
      [first | _] ->
        if Tokenizer.keyword(first) in @constraints, do: constraints(tokens), else: [tokens]

      [] ->
        [tokens]
    end
  end

  defp constraints(tokens) do
    {items, last, _depth} =
      Enum.reduce(tokens, {[], [], 0}, fn token, {items, item, depth} ->
        if depth == 0 and Tokenizer.keyword(token) in @constraints and not named_only?(item),
          do: {[item | items], [token], 0},
          else: {items, [token | item], depth + Tokenizer.change(token)}
      end)

    [last | items] |> Enum.reverse() |> Enum.map(&Enum.reverse/1)
  end

  # Whether the item so far, in reverse, is empty or `CONSTRAINT name`, whose constraint follows.
  defp named_only?(item) do
    case Enum.reject(item, &match?({:space, _}, &1)) do
      [] -> true
      [_name, word] -> Tokenizer.keyword(word) == "CONSTRAINT"
      _more -> false
    end
  end

  defp item(tokens) do
    [first | _] = Tokenizer.skip(tokens)

    if Tokenizer.keyword(first) in @constraints do
      %{kind: :constraint, name: constraint_name(tokens), tokens: tokens}
    else
      %{kind: :column, name: Tokenizer.name(first), tokens: tokens}
    end
  end

  defp constraint_name(tokens) do
    with [first | rest] <- Tokenizer.skip(tokens),
         "CONSTRAINT" <- Tokenizer.keyword(first),
         [name | _] <- Tokenizer.skip(rest) do
      Tokenizer.name(name)
    else
      _unnamed -> nil
    end
  end

  @doc "The CREATE TABLE with another name."
  @spec to_sql(t(), iodata()) :: String.t()
  def to_sql(%__MODULE__{lead: lead, items: items, tail: tail}, quoted_name) do
    items = items |> Enum.map_join(",", &Tokenizer.text(&1.tokens)) |> String.trim_leading(" ")
    IO.iodata_to_binary(["CREATE TABLE ", quoted_name, " (", lead, items, ")", tail])
  end

  @doc "Replaces the comment in front of the first column; comments of the columns stay."
  @spec put_comment(t(), iodata()) :: t()
  def put_comment(table, comment), do: %{table | lead: IO.iodata_to_binary(comment)}

  @spec column?(t(), String.t()) :: boolean()
  def column?(table, name), do: not is_nil(column(table, name))

  @spec column(t(), String.t()) :: item() | nil
  def column(%{items: items}, name) do
    name = Tokenizer.fold(name)
    Enum.find(items, &(&1.kind == :column and &1.name == name))
  end

  @spec without_rowid?(t()) :: boolean()
  def without_rowid?(%{tail: tail}), do: tail =~ ~r/\bWITHOUT\s+ROWID\b/i

  @spec strict?(t()) :: boolean()
  def strict?(%{tail: tail}), do: tail =~ ~r/\bSTRICT\b/i

  @doc "Adds a column after the last one."
  @spec add_column(t(), iodata()) :: t()
  def add_column(%{items: items} = table, definition) do
    {columns, constraints} = Enum.split_with(items, &(&1.kind == :column))
    %{table | items: columns ++ [written(definition)] ++ constraints}
  end

  @spec add_constraint(t(), iodata()) :: t()
  def add_constraint(%{items: items} = table, definition),
    do: %{table | items: items ++ [written(definition)]}

  defp written(definition),
    do: [?\s, definition] |> IO.iodata_to_binary() |> Tokenizer.scan() |> item()

  @doc "Removes a column, and the constraints that refer to it, as other databases do."
  @spec remove_column(t(), String.t()) :: t()
  def remove_column(%{items: items} = table, name) do
    items =
      items
      |> Enum.reject(fn
        %{kind: :column} = item -> item.name == Tokenizer.fold(name)
        %{kind: :constraint} = item -> mentions?(item, name)
      end)
      |> Enum.map(&remove_checks(&1, name))

    %{table | items: items}
  end

  # A check of another column may refer to the one that is removed.
  defp remove_checks(%{kind: :constraint} = item, _name), do: item

  defp remove_checks(%{kind: :column} = item, name) do
    column = Definition.Column.parse(item.tokens)
    gone = &(&1.kind == :check and &1.text |> Tokenizer.scan() |> in_check?(name))

    if Enum.any?(column.clauses, gone) do
      kept = %{column | clauses: Enum.reject(column.clauses, gone)}
      %{item | tokens: Definition.Column.tokens(kept)}
    else
      item
    end
  end

  defp mentions?(%{tokens: tokens} = item, name) do
    case kind(item) do
      "FOREIGN" -> Tokenizer.fold(name) in foreign_columns(item)
      "CHECK" -> in_check?(tokens, name)
      nil -> false
      _list -> ColumnReferences.in_list?(tokens, name)
    end
  end

  defp in_check?(tokens, name) do
    {expression, _rest} = tokens |> Enum.drop_while(&(&1 != {:punct, "("})) |> Tokenizer.group()
    ColumnReferences.in_expression?(expression, name)
  end

  # The keyword of a constraint; nil where there is only a name.
  defp kind(%{tokens: tokens}),
    do: tokens |> Enum.map(&Tokenizer.keyword/1) |> Enum.find(&(&1 in @kinds))

  # The columns before REFERENCES are those of this table.
  defp own_part(tokens), do: Enum.take_while(tokens, &(Tokenizer.keyword(&1) != "REFERENCES"))

  @doc "The table without foreign keys and with `column` for `name.column`, so that it may have another name than `name`."
  @spec detached(t(), String.t()) :: t()
  def detached(%{items: items} = table, name) do
    kept =
      for item <- items,
          foreign_columns(item) == [],
          do: %{item | tokens: Tokenizer.unqualified(item.tokens, name)}

    for(%{kind: :column, name: name} <- kept, do: name)
    |> Enum.reduce(
      %{table | items: kept},
      &update_column(&2, &1, fn column -> Definition.Column.put(column, :references, nil) end)
    )
  end

  @doc "Whether a constraint of the table or of a column has this name."
  @spec constraint?(t(), String.t()) :: boolean()
  def constraint?(table, name), do: remove_constraint(table, name) != :error

  @doc "The columns of the primary key."
  @spec primary_key(t()) :: [String.t()]
  def primary_key(%{items: items}) do
    Enum.find_value(items, [], fn
      %{kind: :column} = item ->
        if Enum.any?(Definition.Column.parse(item.tokens).clauses, &(&1.kind == :primary_key)),
          do: [item.name]

      %{kind: :constraint, tokens: tokens} ->
        if primary?(tokens), do: listed(tokens)
    end)
  end

  defp primary?(tokens), do: Enum.any?(own_part(tokens), &(Tokenizer.keyword(&1) == "PRIMARY"))

  @doc "The INTEGER PRIMARY KEY, which is another name of the rowid, or nil."
  @spec rowid_alias(t()) :: String.t() | nil
  def rowid_alias(table) do
    with [key] <- primary_key(table),
         %{tokens: tokens} <- column(table, key),
         column = Definition.Column.parse(tokens),
         "integer" <- Tokenizer.fold(column.type),
         false <- without_rowid?(table) or Enum.any?(column.clauses, &descending_key?/1) do
      key
    else
      _other -> nil
    end
  end

  # INTEGER PRIMARY KEY DESC is not the rowid (sqlite.org/lang_createtable.html#rowid).
  defp descending_key?(clause),
    do: clause.kind == :primary_key and clause.text =~ ~r/\bDESC\b/i

  @doc "Replaces the primary key. That of one column is written with the column, which makes an INTEGER the rowid."
  @spec put_primary_key(t(), [String.t()]) :: t()
  def put_primary_key(%{items: items} = table, keys) do
    items = Enum.reject(items, &(&1.kind == :constraint and primary?(&1.tokens)))

    table =
      Enum.reduce(items, %{table | items: items}, fn
        %{kind: :column, name: name}, table ->
          update_column(table, name, &Definition.Column.put(&1, :primary_key, nil))

        %{kind: :constraint}, table ->
          table
      end)

    case keys do
      [] -> table
      [key] -> update_column(table, key, &Definition.Column.put(&1, :primary_key, "PRIMARY KEY"))
      keys -> add_constraint(table, ["PRIMARY KEY (", Quote.names(keys), ")"])
    end
  end

  @doc "Changes the definition of a column."
  @spec update_column(t(), String.t(), (Definition.Column.t() -> Definition.Column.t())) :: t()
  def update_column(%{items: items} = table, name, fun) do
    name = Tokenizer.fold(name)

    items =
      Enum.map(items, fn
        %{kind: :column, name: ^name} = item ->
          %{
            item
            | tokens:
                item.tokens |> Definition.Column.parse() |> fun.() |> Definition.Column.tokens()
          }

        item ->
          item
      end)

    %{table | items: items}
  end

  @doc "Removes the FOREIGN KEY constraints over exactly these columns."
  @spec remove_foreign_key(t(), [String.t()]) :: t()
  def remove_foreign_key(%{items: items} = table, columns) do
    columns = Enum.map(columns, &Tokenizer.fold/1)
    %{table | items: Enum.reject(items, &(foreign_columns(&1) == columns))}
  end

  @doc "The columns of the first unnamed foreign key of several columns that begins with this one; [] if there is none."
  @spec composite_from(t(), String.t()) :: [String.t()]
  def composite_from(%{items: items}, column) do
    column = Tokenizer.fold(column)
    nameless = for %{name: nil} = item <- items, do: foreign_columns(item)
    Enum.find(nameless, [], &match?([^column, _ | _], &1))
  end

  @doc "Removes the constraint of the table or of a column with this name; `:error` if there is none."
  @spec remove_constraint(t(), String.t()) :: {:ok, t()} | :error
  def remove_constraint(%{items: items} = table, name) do
    name = Tokenizer.fold(name)

    changed =
      items
      |> Enum.reject(&(&1.kind == :constraint and &1.name == name))
      |> Enum.map(fn
        %{kind: :column} = item ->
          %{item | tokens: Definition.Column.remove_constraint(item.tokens, name)}

        item ->
          item
      end)

    if changed == items, do: :error, else: {:ok, %{table | items: changed}}
  end

  defp foreign_columns(%{kind: :column}), do: []

  defp foreign_columns(%{kind: :constraint, tokens: tokens}) do
    case Enum.drop_while(tokens, &(Tokenizer.keyword(&1) != "FOREIGN")) do
      [] ->
        []

      foreign ->
        listed(foreign)
    end
  end

  # The names in the first parentheses.
  defp listed(tokens) do
    {group, _rest} = tokens |> Enum.drop_while(&(&1 != {:punct, "("})) |> Tokenizer.group()

    group
    |> Enum.slice(1..-2//1)
    |> Tokenizer.split()
    |> Enum.map(&(&1 |> Tokenizer.skip() |> hd() |> Tokenizer.name()))
  end
end
