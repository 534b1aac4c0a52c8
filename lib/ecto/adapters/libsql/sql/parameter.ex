defmodule Ecto.Adapters.LibSql.SQL.Parameter do
  @moduledoc false
  # Parameters in generated SQL. They are tuples in the iodata, which Plan numbers once the statement is whole: a
  # parameter may be bound in another form than Ecto dumps, or in two forms, and a list as one parameter.

  @typedoc """
  What the client makes of a parameter before it is bound, nil for nothing:

    * `{:date_time, form}` - the text of a date or time in a form of `Typing.DateTime`
    * `:decimal` - a number as the text of a decimal
    * `:json_number` - a float as its JSON text
    * `:uuid_bytes` - the 16 bytes of a UUID
  """
  @type form :: nil | :decimal | :json_number | :uuid_bytes | {:date_time, tuple()}

  @typedoc """
  What is around a parameter, or a member of a list, in the SQL: the conversion of a text to a number, or that of a JSON
  text to one that equals any other of the same value.
  """
  @type wrap :: nil | :numeric | :canonical

  @type marker ::
          {:parameter, non_neg_integer(), form()}
          | {:list, non_neg_integer(), pos_integer(), [form(), ...], wrap()}

  @typedoc "SQL with such markers in it."
  @type sql :: iodata() | marker() | [sql()]

  @spec parameter(non_neg_integer(), form(), wrap()) :: sql()
  def parameter(ix, form \\ nil, wrap \\ nil), do: wrap({:parameter, ix, form}, wrap)

  @doc """
  The members of an interpolated list, as the right side of IN: each of them once for each of `forms`.
  """
  @spec list(non_neg_integer(), pos_integer(), [form(), ...], wrap()) :: sql()
  def list(ix, length, forms, wrap), do: {:list, ix, length, forms, wrap}

  @spec wrap(sql(), wrap()) :: sql()
  def wrap(sql, nil), do: sql
  # As SQLite converts what it stores in a column of decimals.
  def wrap(sql, :numeric), do: ["CAST(", sql, " AS NUMERIC)"]

  # The paths, kinds and scalars of all elements: equal whatever the order of the keys and the white space.
  def wrap(sql, :canonical) do
    [
      [
        "CASE WHEN ",
        sql,
        " IS NOT NULL THEN (SELECT json_group_array(json_array(fullkey, type, atom)) "
      ],
      ["FROM (SELECT fullkey, type, atom FROM json_tree(", sql, ") ORDER BY fullkey)) END"]
    ]
  end
end
