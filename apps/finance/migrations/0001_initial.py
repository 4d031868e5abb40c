import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.at_once import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('batch', '0001_initial'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('harvest', '0001_initial'),
        ('infrastructure', '0001_initial'),
    ]

    operations = [
        CreateModels([
        migrations.CreateModel(
            name='DimCompany',
            fields=[
                ('company_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('geography', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='finance_companies', to='infrastructure.geography')),
                ('subsidiary', models.CharField(choices=[('BS', 'Broodstock'), ('FW', 'Freshwater'), ('FM', 'Farming'), ('LG', 'Logistics'), ('ALL', 'All')], max_length=3)),
                ('display_name', models.CharField(max_length=150)),
                ('currency', models.CharField(blank=True, max_length=3, null=True)),
                ('nav_company_code', models.CharField(blank=True, max_length=50, null=True)),
            ],
            options={
                'verbose_name_plural': 'companies',
                'constraints': [models.UniqueConstraint(fields=('geography', 'subsidiary'), name='dim_company_geography_subsidiary_uniq')],
            },
        ),
        migrations.CreateModel(
            name='DimSite',
            fields=[
                ('site_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='finance.dimcompany')),
                ('source_model', models.CharField(choices=[('station', 'Station'), ('area', 'Area')], max_length=16)),
                ('source_pk', models.PositiveIntegerField()),
                ('site_name', models.CharField(max_length=150)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source_model', 'source_pk'), name='dim_site_source_model_pk_uniq')],
            },
        ),
        migrations.CreateModel(
            name='FactHarvest',
            fields=[
                ('fact_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('dim_company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fact_harvests', to='finance.dimcompany')),
                ('dim_site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fact_harvests', to='finance.dimsite')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='finance_facts', to='harvest.harvestevent')),
                ('lot', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='finance_fact', to='harvest.harvestlot')),
                ('product_grade', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='finance_facts', to='harvest.productgrade')),
                ('event_date', models.DateTimeField()),
                ('quantity_kg', models.DecimalField(decimal_places=3, max_digits=12)),
                ('unit_count', models.PositiveIntegerField()),
                ('dim_batch_id', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='IntercompanyPolicy',
            fields=[
                ('policy_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('from_company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policies_outbound', to='finance.dimcompany')),
                ('product_grade', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='intercompany_policies', to='harvest.productgrade')),
                ('to_company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policies_inbound', to='finance.dimcompany')),
                ('lifecycle_stage', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='intercompany_policies', to='batch.lifecyclestage')),
                ('method', models.CharField(choices=[('market', 'Market'), ('cost_plus', 'Cost Plus'), ('standard', 'Standard')], default='market', max_length=20)),
                ('markup_percent', models.DecimalField(blank=True, decimal_places=3, max_digits=6, null=True)),
                ('pricing_basis', models.CharField(choices=[('grade', 'Grade'), ('lifecycle', 'Lifecycle'), ('egg_delivery', 'Egg Delivery')], default='grade', max_length=20)),
                ('price_per_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('price_per_thousand_eggs', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'intercompany policies',
                'constraints': [models.UniqueConstraint(condition=models.Q(('pricing_basis', 'grade'), ('product_grade__isnull', False)), fields=('from_company', 'to_company', 'product_grade'), name='intercompany_policy_company_grade_uniq'), models.UniqueConstraint(condition=models.Q(('lifecycle_stage__isnull', False), ('pricing_basis', 'lifecycle')), fields=('from_company', 'to_company', 'lifecycle_stage'), name='intercompany_policy_company_lifecycle_uniq')],
            },
        ),
        migrations.CreateModel(
            name='IntercompanyTransaction',
            fields=[
                ('tx_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='intercompany_transactions', to='harvest.harvestevent')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='finance.intercompanypolicy')),
                ('content_type', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='contenttypes.contenttype')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='approved_intercompany_transactions', to=settings.AUTH_USER_MODEL)),
                ('posting_date', models.DateField()),
                ('amount', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('currency', models.CharField(blank=True, max_length=3, null=True)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('posted', 'Posted'), ('exported', 'Exported')], default='pending', max_length=20)),
                ('object_id', models.PositiveIntegerField()),
                ('approval_date', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('content_type', 'object_id', 'policy'), name='intercompany_transaction_source_policy_uniq'), models.UniqueConstraint(condition=models.Q(('event__isnull', False)), fields=('event', 'policy'), name='intercompany_transaction_event_policy_uniq')],
            },
        ),
        migrations.CreateModel(
            name='NavExportBatch',
            fields=[
                ('batch_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='nav_export_batches', to='finance.dimcompany')),
                ('date_from', models.DateField()),
                ('date_to', models.DateField()),
                ('posting_date', models.DateField()),
                ('currency', models.CharField(blank=True, max_length=3, null=True)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('exported', 'Exported')], default='draft', max_length=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'NAV export batches',
                'constraints': [models.UniqueConstraint(fields=('company', 'date_from', 'date_to'), name='nav_export_batch_company_daterange_uniq')],
            },
        ),
        migrations.CreateModel(
            name='NavExportLine',
            fields=[
                ('line_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='finance.navexportbatch')),
                ('dim_company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nav_export_lines', to='finance.dimcompany')),
                ('dim_site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nav_export_lines', to='finance.dimsite')),
                ('product_grade', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nav_export_lines', to='harvest.productgrade')),
                ('transaction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nav_export_lines', to='finance.intercompanytransaction')),
                ('document_no', models.CharField(max_length=32)),
                ('account_no', models.CharField(max_length=50)),
                ('balancing_account_no', models.CharField(max_length=50)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('description', models.CharField(blank=True, default='', max_length=255)),
                ('batch_id_int', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('batch', 'document_no'), name='nav_export_line_batch_document_no_uniq')],
            },
        ),
        ]),
    ]
